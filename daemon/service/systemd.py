"""The service protocol of systemd: readiness, status, watchdog, and sockets that it opened for us."""

import os
import re
import socket

_FIRST_SOCKET = 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def notify(*states: str) -> bool:
    """Send states such as `READY=1` or `STATUS=idle`; false where no service manager listens.

    A line is a state: control characters, which a dropped file's name may hold, are sent as spaces.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return False
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        try:
            channel.sendto("\n".join(_CONTROL.sub(" ", state) for state in states).encode(), address)
        except OSError:
            return False
    return True


def inherited_socket() -> socket.socket | None:
    """The first listening socket of a socket unit, if this service was given one."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or int(os.environ.get("LISTEN_FDS", "0")) < 1:
        return None
    os.set_inheritable(_FIRST_SOCKET, False)
    return socket.socket(fileno=_FIRST_SOCKET)
