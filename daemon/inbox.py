"""Finds dropped files and hands them over once they are whole.

Events are hints and only enqueue; the rescan is the truth. A file is whole when its size and time stood still for
`settle_seconds`, nobody holds it open for writing, and neither changed while it was hashed.
"""

import contextlib
import errno
import fcntl
import fnmatch
import os
import re
import signal
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import structlog

from daemon.config import Watch
from daemon.folders import Folders
from daemon.publish import digest
from daemon.watching import Hints, Watcher

log = structlog.get_logger()
SUFFIXES = frozenset([".gif", ".webp", ".png", ".apng", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"])
HEALTH_S = 5.0
SCAN_SHARE = 1 / 300  # of the time goes into rescans, at the most, while events arrive
WRITER_PATIENCE_S = 300.0  # for a file that stands still but is held open for writing

Known = Callable[[str, int, int], bool]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A whole file: its size, time and content hash belong together. `hash` is None where `error` says why."""

    path: Path
    size_bytes: int
    mtime_ns: int
    hash: str | None
    error: str | None = None


@dataclass(slots=True)
class _Pending:
    size_bytes: int
    mtime_ns: int
    since: float


class Inbox(threading.Thread):
    """Watches in a thread of its own; `take` what has arrived, and say `recorded` when it is in the ledger.

    `known(path, size, mtime_ns)` says whether the ledger has seen a file as it is now; it is called in this thread.
    """

    def __init__(
        self,
        folders: Folders,
        settings: Watch,
        known: Callable[[], AbstractContextManager[Known]],
        arrived: Callable[[], None],
    ) -> None:
        super().__init__(name="inbox", daemon=True)
        self._folders, self.settings, self._open_known, self._arrived = folders, settings, known, arrived
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._hints = Hints(self._wake)
        self._watcher = Watcher(folders.watched, settings, self._hints)
        self._lock = threading.Lock()
        self._pending: dict[str, _Pending] = {}
        self._unrecorded: dict[str, Arrival] = {}
        self._handed: set[str] = set()
        self._seen: set[int] = set()
        self._next_scan = self._next_check = 0.0
        self._waiting = False
        self._scanned = False
        self.beat = time.monotonic()
        self.scan_s = 0.0

    def run(self) -> None:
        """Until `stop`: watch, rescan, settle."""
        with self._open_known() as known:
            while not self._stopping.is_set():
                try:
                    self._turn(known)
                except Exception:  # whatever it was, the next rescan looks at everything again
                    log.exception("the inbox stumbled")
                    self._stopping.wait(HEALTH_S)
        self._watcher.stop()

    def take(self) -> list[Arrival]:
        """What arrived and has not been taken yet, at most a thousand at once."""
        with self._lock:
            taken = list(islice((a for path, a in self._unrecorded.items() if path not in self._handed), 1000))
            self._handed.update(os.fspath(a.path) for a in taken)
        return taken

    def recorded(self, arrivals: list[Arrival]) -> None:
        """The ledger knows these now; one that it does not want yet is offered again by the next rescan."""
        with self._lock:
            for arrival in arrivals:
                self._unrecorded.pop(os.fspath(arrival.path), None)
                self._handed.discard(os.fspath(arrival.path))

    @property
    def quiet(self) -> bool:
        """Everything was looked at and nothing is on its way."""
        with self._lock:
            return self._scanned and not self._pending and not self._unrecorded

    def rescan(self) -> None:
        """Look at everything soon."""
        self._next_scan = 0.0
        self._wake.set()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._wake.set()

    def _turn(self, known: Known) -> None:
        self.beat = now = time.monotonic()
        if now >= self._next_check:
            self._check_watch()
            self._next_check = now + HEALTH_S
        self._take_hints()
        if now >= self._next_scan:
            self._scan(known)
        self._settle(known)
        if self.quiet:
            self._arrived()
        self._sleep()

    def _sleep(self) -> None:
        until_scan = self._next_scan - time.monotonic()
        limit = min(1.0, max(0.02, self.settings.settle_seconds / 2)) if self._pending else HEALTH_S
        if self._wake.wait(max(0.02, min(limit, until_scan))):
            self._wake.clear()
            self._stopping.wait(0.02)  # let a burst gather

    def _check_watch(self) -> None:
        """Watch anew where a watch was lost. A folder that is gone (unmounted) is waited for, not taken for empty."""
        missing = [str(root) for root in self._folders.watched if not root.is_dir()]
        if missing:
            if not self._waiting:
                log.warning("watched folders are gone: waiting for them", folders=missing)
            self._waiting = True
            self._watcher.stop()
        elif not self._watcher.healthy():
            self._watcher.start()
            self._waiting, self._next_scan = False, 0.0

    def _take_hints(self) -> None:
        paths, overflowed = self._hints.take()
        for path in paths:
            self._consider(path)
        if overflowed:
            self._next_scan = min(self._next_scan, time.monotonic() + max(0.2, 20 * self.scan_s))

    def _consider(self, path: str) -> None:
        """Begin to watch a file settle, if it is one that we take."""
        parts = Path(os.path.relpath(path, self._folders.root)).parts
        if not takes(parts[-1], self.settings.ignore) or any(part.startswith(".") for part in parts):
            return
        with contextlib.suppress(OSError):
            found = os.lstat(path)
            if stat.S_ISREG(found.st_mode):
                self._pend(path, found.st_size, found.st_mtime_ns)

    def _pend(self, path: str, size: int, mtime_ns: int) -> None:
        waiting = self._pending.get(path)
        if waiting is None or (waiting.size_bytes, waiting.mtime_ns) != (size, mtime_ns):
            with self._lock:
                self._pending[path] = _Pending(size, mtime_ns, time.monotonic())

    def _scan(self, known: Known) -> None:
        """Look at every file; `_seen` makes a look at a known one cost no query."""
        start, seen, root = time.monotonic(), set(), len(os.fspath(self._folders.root)) + 1
        for folder in self._folders.watched:
            for entry, found in walk(os.fspath(folder), self.settings.ignore):
                mark = hash((entry, found.st_size, found.st_mtime_ns))
                if mark in self._seen or known(entry[root:], found.st_size, found.st_mtime_ns):
                    seen.add(mark)
                elif entry not in self._unrecorded:
                    self._pend(entry, found.st_size, found.st_mtime_ns)
            if self._stopping.is_set():
                return
            self.beat = time.monotonic()
        self._seen, self._scanned = seen, True
        self.scan_s = time.monotonic() - start
        every = self.settings.poll_seconds if self._watcher.polling else self.settings.rescan_seconds
        log.debug("rescanned", files=len(seen), seconds=round(self.scan_s, 3))
        self._next_scan = time.monotonic() + max(every, self.scan_s * (20 if self._watcher.polling else 1 / SCAN_SHARE))

    def _settle(self, known: Known) -> None:
        """Hand over what stood still long enough."""
        for path, waiting in list(self._pending.items()):
            now = time.monotonic()
            if now - waiting.since < self.settings.settle_seconds:
                continue
            self.beat = now
            if self._stopping.is_set():
                return
            self._look_again(path, waiting, known)

    def _look_again(self, path: str, waiting: _Pending, known: Known) -> None:
        text = os.path.relpath(path, self._folders.root)
        arrival: Arrival | None = None
        try:
            found = os.lstat(path)
            if (found.st_size, found.st_mtime_ns) != (waiting.size_bytes, waiting.mtime_ns):
                self._pend(path, found.st_size, found.st_mtime_ns)
                return
            if not known(text, found.st_size, found.st_mtime_ns):
                patient = time.monotonic() - waiting.since < WRITER_PATIENCE_S
                arrival = read_whole(Path(path), waiting.size_bytes, waiting.mtime_ns, patient)
                if arrival is None:
                    return  # changed, or still being written: looked at again
        except FileNotFoundError:
            pass
        with self._lock:
            self._pending.pop(path, None)
            if arrival is not None:
                self._unrecorded[path] = arrival
        if arrival is not None:
            self._arrived()


def takes(name: str, ignore: tuple[str, ...]) -> bool:
    """Whether a name is a medium's, and neither hidden nor a half-finished download's."""
    if name.startswith(".") or name[name.rfind(".") :].lower() not in SUFFIXES:
        return False
    return not _ignored(ignore).match(name)


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


def open_input(path: Path) -> int:
    """A descriptor of a regular file; a link, a FIFO or a device in its place raises OSError and is not waited on."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def read_whole(path: Path, size_bytes: int, mtime_ns: int, patient: bool = True) -> Arrival | None:
    """Hash a file that has settled; None where it is being written after all. Raises FileNotFoundError."""
    try:
        descriptor = open_input(path)
    except FileNotFoundError:
        raise
    except OSError as error:
        return Arrival(path, size_bytes, mtime_ns, None, f"it can't be opened: {error.strerror}")
    try:
        if patient and has_writer(descriptor):
            return None
        content = digest(descriptor)
        after = os.fstat(descriptor)
    except OSError as error:
        return Arrival(path, size_bytes, mtime_ns, None, f"it can't be read: {error.strerror}")
    finally:
        os.close(descriptor)
    return (
        Arrival(path, size_bytes, mtime_ns, content)
        if (after.st_size, after.st_mtime_ns) == (size_bytes, mtime_ns)
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
