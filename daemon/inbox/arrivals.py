"""Files as they are dropped: which names are taken, what may be opened, and when a file is whole."""

import contextlib
import errno
import fcntl
import fnmatch
import os
import re
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from daemon.digests import digest

SUFFIXES = frozenset([".gif", ".webp", ".png", ".apng", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"])


@dataclass(frozen=True, slots=True)
class Arrival:
    """A whole file: its size, time and content hash belong together. `hash` is None where `error` says why."""

    path: Path
    size_bytes: int
    mtime_ns: int
    hash: str | None
    error: str | None = None


def takes(name: str, ignore: tuple[str, ...]) -> bool:
    """Whether a name is a medium's, and neither hidden nor a half-finished download's."""
    return not name.startswith(".") and is_medium(name) and not is_ignored(name, ignore)


def is_medium(name: str) -> bool:
    """Whether a name has a suffix that we take."""
    return name[name.rfind(".") :].lower() in SUFFIXES


def is_ignored(name: str, ignore: tuple[str, ...]) -> bool:
    """Whether a name is a half-finished download's by the patterns of `watch.ignore`."""
    return _ignored(ignore).match(name) is not None


@cache
def _ignored(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """All patterns as one, since a rescan asks it of every name."""
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns) or r"(?!)")


def walk(folder: str, ignore: tuple[str, ...]) -> Iterator[tuple[str, os.stat_result]]:
    """Every regular file below a folder that `takes` accepts; links are not followed, hidden folders not entered."""
    folders = [folder]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        if not entry.name.startswith("."):
                            folders.append(entry.path)
                    elif entry.is_file(follow_symlinks=False) and takes(entry.name, ignore):
                        yield entry.path, entry.stat(follow_symlinks=False)


def mtime_ns(found: os.stat_result) -> int:
    """When a file was written, in ns; beyond the year 2262, which no integer of the catalogue holds, the last ns."""
    return min(found.st_mtime_ns, 2**63 - 1)


def open_input(path: Path) -> int:
    """A descriptor of a regular file; a link, a FIFO or a device in its place raises OSError and is not waited on."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def read_whole(path: Path, size_bytes: int, written_ns: int, patient: bool = True) -> Arrival | None:
    """Hash a file that has settled; None where it is being written after all. Raises FileNotFoundError."""
    try:
        descriptor = open_input(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        return Arrival(path, size_bytes, written_ns, None, f"it can't be opened: {error.strerror}")
    try:
        if patient and has_writer(descriptor):
            return None
        content = digest(descriptor)
        after = os.fstat(descriptor)
    except OSError as error:
        return Arrival(path, size_bytes, written_ns, None, f"it can't be read: {error.strerror}")
    finally:
        os.close(descriptor)
    return (
        Arrival(path, size_bytes, written_ns, content)
        if (after.st_size, mtime_ns(after)) == (size_bytes, written_ns)
        else None
    )


def has_writer(descriptor: int) -> bool:
    """Whether some process has the file open for writing; False where the system can't tell.

    The kernel grants a read lease only on a file that nobody writes to. The lease is given back at once; its signal is
    one that is ignored, since the default one would end the process.
    """
    if not hasattr(fcntl, "F_SETLEASE"):
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    return False
