"""The lock that allows one daemon per data root. A second daemon refuses to start and names the first."""

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from daemon.folders import Folders

_NO_FOLDER_LOCKS = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOTSUP)  # NFS locks only files opened for writing


class Refused(Exception):
    """The daemon can't start here. The message gives the reason and what to do."""


class Hold:
    """The locks on a data root: one on the folder, which nobody can unlink, and one on a file that names the holder.

    `root` and `file` are the open descriptors of the two.
    """

    def __init__(self, folders: Folders, root: int) -> None:
        self._folders, self.root, self.file = folders, root, -1

    def take(self) -> None:
        """Lock both. Raises Refused if another daemon holds them."""
        try:
            fcntl.flock(self.root, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(self._taken("is held by")) from None
        except OSError as error:
            if error.errno not in _NO_FOLDER_LOCKS:
                raise
        self._take_file("is held by")

    def renew(self) -> None:
        """Restore the file if somebody removed it. Raises Refused if another daemon has taken the data root since."""
        before = self.file
        with suppress(OSError):
            if os.path.samestat(os.fstat(before), os.lstat(self._folders.lock)):
                return
        with suppress(OSError):  # if it can't be written now, the next call tries again
            self._take_file("has been taken by")
            os.close(before)

    def is_there(self) -> bool:
        """Return whether the data root is still at its path: not renamed, unmounted or replaced."""
        try:
            return os.path.samestat(os.fstat(self.root), self._folders.root.stat())
        except OSError:
            return False

    def release(self) -> None:
        """Release both locks."""
        for descriptor in (self.root, self.file):
            if descriptor >= 0:
                os.close(descriptor)

    def _take_file(self, verb: str) -> None:
        descriptor = os.open(self._folders.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException as error:
            os.close(descriptor)
            if isinstance(error, BlockingIOError):
                raise Refused(self._taken(verb)) from None
            raise
        self.file = descriptor
        os.ftruncate(descriptor, 0)
        started = datetime.now().astimezone().isoformat(timespec="seconds")
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()} since {started}\n".encode(), 0)

    def _taken(self, verb: str) -> str:
        holder = ""
        with suppress(OSError):
            holder = self._folders.lock.read_text(errors="replace").strip()
        return f"{self._folders.root} {verb} {holder or 'another process'}; stop it, or choose another data_root"


@contextmanager
def hold(folders: Folders) -> Iterator[Hold]:
    """Lock the data root. The system releases the locks however this process ends. Raises Refused."""
    lock = Hold(folders, os.open(folders.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    try:
        lock.take()
        yield lock
    finally:
        lock.release()


def refuse_overlaps(folders: Folders) -> None:
    """Raise Refused if a folder that the daemon writes to, or another input folder, overlaps an input folder."""
    written = (folders.outputs, folders.frames, folders.quarantine, folders.work, folders.reference)
    for watched in folders.watched:
        for other in (*written, *(w for w in folders.watched if w != watched)):
            inside, around = other.resolve(), watched.resolve()
            if inside.is_relative_to(around) or around.is_relative_to(inside):
                raise Refused(f"{other} and {watched} overlap ({inside}, {around}): give each a folder of its own")
