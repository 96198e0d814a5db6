"""One daemon to a data root: the second refuses and names the first."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from daemon.folders import Folders


class Refused(Exception):
    """The daemon can't start here; the message names what stands in the way and what to do."""


@contextmanager
def hold(folders: Folders) -> Iterator[None]:
    """Hold the data root; the system lets go of it however this process ends. Raises Refused."""
    descriptor = os.open(folders.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            first = os.pread(descriptor, 200, 0).decode(errors="replace").strip() or "another process"
            raise Refused(f"{folders.root} is held by {first}; stop it, or choose another data_root") from None
        os.ftruncate(descriptor, 0)
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()} since {started}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def refuse_overlaps(folders: Folders) -> None:
    """Raise Refused where what the daemon writes would lie among its inputs."""
    written = (folders.outputs, folders.frames, folders.quarantine, folders.work, folders.reference)
    for watched in folders.watched:
        for other in (*written, *(w for w in folders.watched if w != watched)):
            inside, around = other.resolve(), watched.resolve()
            if inside.is_relative_to(around) or around.is_relative_to(inside):
                raise Refused(f"{other} and {watched} overlap ({inside}, {around}): give each a folder of its own")
