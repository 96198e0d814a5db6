"""Decides which dropped files are inputs, opens them safely, and tells whether they are complete."""

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
from daemon.inbox.marks import own_category
from pipeline.report import Category

SUFFIXES = frozenset([".gif", ".webp", ".png", ".apng", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"])


@dataclass(frozen=True, slots=True)
class Arrival:
    """A complete file; size, time and content hash belong together. If `hash` is None, `error` says why.

    `own_category` is set for a clip that the daemon made itself (see `marks`).
    """

    path: Path
    size_bytes: int
    mtime_ns: int
    hash: str | None
    error: str | None = None
    own_category: Category | None = None


def takes(name: str, ignore: tuple[str, ...]) -> bool:
    """Whether a file of this name is an input: a media file, and neither hidden nor an unfinished download."""
    return not name.startswith(".") and has_media_suffix(name) and not is_ignored(name, ignore)


def has_media_suffix(name: str) -> bool:
    """Whether a name ends like a media file that we accept."""
    return name[name.rfind(".") :].lower() in SUFFIXES


def is_ignored(name: str, ignore: tuple[str, ...]) -> bool:
    """Whether a name matches the patterns of `watch.ignore`, as an unfinished download does."""
    return _pattern(ignore).match(name) is not None


@cache
def _pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Join all patterns into one, because a rescan matches every name."""
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns) or r"(?!)")


def walk(folder: str, ignore: tuple[str, ...]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield every regular file below a folder that is an input; follow no links and enter no hidden folders."""
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


def mtime_ns(status: os.stat_result) -> int:
    """Return when a file was written, in ns, capped in the year 2262 at the catalogue's largest integer."""
    return min(status.st_mtime_ns, 2**63 - 1)


def open_input(path: Path) -> int:
    """Return a descriptor of a regular file. Raises OSError, without waiting, for a link, a FIFO or a device."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def read_settled(path: Path, size_bytes: int, written_ns: int, wait_for_writer: bool = True) -> Arrival | None:
    """Hash a file that has settled; None if it is still being written. Raises FileNotFoundError.

    With `wait_for_writer`, a file that another process has open for writing counts as still being written.
    """
    try:
        descriptor = open_input(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        return Arrival(path, size_bytes, written_ns, None, f"it can't be opened: {error.strerror}")
    try:
        if wait_for_writer and has_writer(descriptor):
            return None
        content = digest(descriptor)
        own = own_category(descriptor)
        after = os.fstat(descriptor)
    except OSError as error:
        return Arrival(path, size_bytes, written_ns, None, f"it can't be read: {error.strerror}")
    finally:
        os.close(descriptor)
    return (
        Arrival(path, size_bytes, written_ns, content, own_category=own)
        if (after.st_size, mtime_ns(after)) == (size_bytes, written_ns)
        else None
    )


def has_writer(descriptor: int) -> bool:
    """Whether some process has the file open for writing; False if the system cannot tell.

    The kernel grants a read lease only on a file without a writer. The lease is returned at once. Its signal is set to
    one that is ignored by default, because the usual one would end the process.
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
