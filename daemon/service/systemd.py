"""The service protocol of systemd: readiness, status, watchdog and inherited sockets."""

import os
import re
import socket

_FIRST_SOCKET = 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def notify(*states: str) -> bool:
    """Send states such as `READY=1` or `STATUS=idle`. Return False if no service manager listens.

    Each line is one state. A dropped file's name may hold control characters, so these are sent as spaces.
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
    """Return the first listening socket of a socket unit, if this service got one."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()) or int(os.environ.get("LISTEN_FDS", "0")) < 1:
        return None
    os.set_inheritable(_FIRST_SOCKET, False)
    return socket.socket(fileno=_FIRST_SOCKET)
