"""Finds dropped files and hands them over once they are whole.

Events are hints and only enqueue; the rescan is the truth. A file is whole when its size and time stood still for
`settle_seconds`, nobody holds it open for writing, and neither changed while it was hashed.
"""

import contextlib
import os
import stat
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import structlog

from daemon.folders import Folders
from daemon.inbox.arrivals import Arrival, is_ignored, is_medium, mtime_ns, read_whole, takes, walk
from daemon.inbox.mounts import Mounts
from daemon.inbox.watching import Hints, Watcher
from daemon.settings.config import Watch

log = structlog.get_logger()
BATCH = 1000  # files to a transaction
HEALTH_S = 5.0
MOST_TOLD = 1000  # files of other kinds that the log names
SCAN_SHARE = 1 / 300  # of a core goes into rescans, at the most, while events arrive
WRITER_PATIENCE_S = 300.0  # for a file that stands still but is held open for writing
EMPTY_PATIENCE_S = 30.0  # for a file without content: browsers and shares make the name first

Known = Callable[[str, int, int], bool]


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
        self.mounts = Mounts(folders)
        self._watcher = Watcher(folders.watched, settings, self._hints)
        self._lock = threading.Lock()
        self._pending: dict[str, _Pending] = {}
        self._unrecorded: dict[str, Arrival] = {}
        self._handed: set[str] = set()
        self._seen: set[int] = set()
        self._told: set[str] = set()
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
        """What arrived and has not been taken yet, at most a batch."""
        with self._lock:
            taken = list(islice((a for path, a in self._unrecorded.items() if path not in self._handed), BATCH))
            self._handed.update(os.fspath(a.path) for a in taken)
        return taken

    def recorded(self, arrivals: list[Arrival]) -> None:
        """The ledger knows these now; one that it does not want yet is offered again by the next rescan."""
        with self._lock:
            for arrival in arrivals:
                path = os.fspath(arrival.path)
                if self._unrecorded.get(path) is arrival:  # and not a newer version that has come meanwhile
                    del self._unrecorded[path]
                self._handed.discard(path)

    def returned(self, arrivals: list[Arrival]) -> None:
        """These could not be entered into the ledger; the next `take` has them again."""
        with self._lock:
            self._handed.difference_update(os.fspath(arrival.path) for arrival in arrivals)

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
        missing = [str(root) for root in self.mounts.gone()]
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
            self._next_scan = min(self._next_scan, time.monotonic() + max(0.2, min(20 * self.scan_s, 30.0)))

    def _consider(self, path: str) -> None:
        """Begin to watch a file settle, if it is one that we take."""
        parts = Path(os.path.relpath(path, self._folders.root)).parts
        if any(part.startswith(".") for part in parts):
            return
        if not takes(parts[-1], self.settings.ignore):
            self._leave_alone(path)
            return
        with contextlib.suppress(OSError):
            found = os.lstat(path)
            if stat.S_ISREG(found.st_mode):
                self._pend(path, found.st_size, mtime_ns(found))

    def _leave_alone(self, path: str) -> None:
        """Say so once of a file that is no half-finished download and yet no medium by its name."""
        name = Path(path).name
        if is_medium(name) or is_ignored(name, self.settings.ignore) or not Path(path).is_file():
            return
        if path not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(path)
            log.warning("a file is left alone: by its name it is no GIF, video or animated picture", path=path)

    def _pend(self, path: str, size: int, written_ns: int) -> None:
        waiting = self._pending.get(path)
        if waiting is None or (waiting.size_bytes, waiting.mtime_ns) != (size, written_ns):
            with self._lock:
                self._pending[path] = _Pending(size, written_ns, time.monotonic())

    def _scan(self, known: Known) -> None:
        """Look at every file; `_seen` makes a look at a known one cost no query."""
        start, start_cpu = time.monotonic(), time.thread_time()
        seen: set[int] = set()
        root = len(os.fspath(self._folders.root)) + 1
        for folder in self._folders.watched:
            for entry, found in walk(os.fspath(folder), self.settings.ignore):
                version = (found.st_size, mtime_ns(found))
                mark = hash((entry, *version))
                if mark in self._seen or known(entry[root:], *version):
                    seen.add(mark)
                elif entry not in self._unrecorded:
                    self._pend(entry, *version)
            if self._stopping.is_set():
                return
            self.beat = time.monotonic()
        self._seen, self._scanned = seen, True
        self.scan_s = time.monotonic() - start
        cpu_s = time.thread_time() - start_cpu
        log.debug("rescanned", files=len(seen), seconds=round(self.scan_s, 3), cpu_seconds=round(cpu_s, 3))
        if self._watcher.polling:
            wait_s = max(self.settings.poll_seconds, 20 * self.scan_s)
        else:
            wait_s = max(self.settings.rescan_seconds, cpu_s / SCAN_SHARE)
        self._next_scan = time.monotonic() + wait_s

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
            version = (found.st_size, mtime_ns(found))
            if version != (waiting.size_bytes, waiting.mtime_ns):
                self._pend(path, *version)
                return
            if not known(text, *version):
                waited_s = time.monotonic() - waiting.since
                if not found.st_size and waited_s < EMPTY_PATIENCE_S:
                    return
                patient = waited_s < WRITER_PATIENCE_S
                arrival = read_whole(Path(path), waiting.size_bytes, waiting.mtime_ns, patient)
                if arrival is None:
                    return  # changed, or still being written: looked at again
        except FileNotFoundError:
            pass
        except OSError as error:  # the next file has its turn; the next rescan finds this one again
            log.warning("a file could not be looked at", path=text, error=str(error))
        with self._lock:
            self._pending.pop(path, None)
            if arrival is not None:
                self._unrecorded[path] = arrival
        if arrival is not None:
            self._arrived()
