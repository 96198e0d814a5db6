"""Finds dropped files and hands them over once they are complete.

Events are only hints that a file may be new; the rescan finds every file. A file is complete when its size and time did
not change for `settle_seconds` and while it was hashed, and nobody has it open for writing.
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
from daemon.inbox.arrivals import Arrival, has_media_suffix, is_ignored, mtime_ns, read_settled, takes, walk
from daemon.inbox.mounts import Mounts
from daemon.inbox.watching import Hints, Watcher
from daemon.settings.config import Watch

log = structlog.get_logger()
BATCH = 1000  # files in a transaction
HEALTH_S = 5.0
MAX_NAMED = 1000  # files of other kinds that the log names
SCAN_SHARE = 1 / 300  # of a core, at most, for rescans while there are events
WRITER_PATIENCE_S = 300.0  # for a file that does not change but is open for writing
EMPTY_PATIENCE_S = 30.0  # for an empty file, because browsers and network shares create the name first

Known = Callable[[str, int, int], bool]


@dataclass(slots=True)
class _Pending:
    """A file that is settling; `since` is when its size and time were first seen (monotonic s)."""

    size_bytes: int
    mtime_ns: int
    since: float


class Inbox(threading.Thread):
    """Watches in a thread of its own. Call `take` for new arrivals, and `recorded` when they are in the ledger.

    `known(path, size, mtime_ns)` tells whether the ledger has this version of a file; it is called in this thread.
    `arrived` is called, also in this thread, when there is something to take or nothing more to wait for.
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
        self._wake, self._stopping, self._asked = threading.Event(), threading.Event(), threading.Event()
        self._hints = Hints(self._wake)
        self.mounts = Mounts(folders)
        self._watcher = Watcher(folders.watched, settings, self._hints)
        self._lock = threading.Lock()
        self._pending: dict[str, _Pending] = {}
        self._unrecorded: dict[str, Arrival] = {}
        self._taken: set[str] = set()
        self._seen: set[int] = set()
        self._named: set[str] = set()
        self._next_scan = self._next_check = 0.0
        self._waiting = False
        self._scanned = False
        self.beat = time.monotonic()
        self.scan_s = 0.0

    def run(self) -> None:
        """Watch, rescan and settle files until `stop`."""
        with self._open_known() as known:
            while not self._stopping.is_set():
                try:
                    self._run_once(known)
                except Exception:  # whatever failed, the next rescan examines every file again
                    log.exception("the inbox stumbled")
                    self._stopping.wait(HEALTH_S)
        self._watcher.stop()

    def take(self) -> list[Arrival]:
        """Return arrivals that have not been taken yet, at most a batch."""
        with self._lock:
            batch = list(islice((a for path, a in self._unrecorded.items() if path not in self._taken), BATCH))
            self._taken.update(os.fspath(a.path) for a in batch)
        return batch

    def recorded(self, arrivals: list[Arrival]) -> None:
        """Forget arrivals that the ledger has processed; the next rescan offers those again that it did not accept."""
        with self._lock:
            for arrival in arrivals:
                path = os.fspath(arrival.path)
                if self._unrecorded.get(path) is arrival:  # not a newer version that arrived meanwhile
                    del self._unrecorded[path]
                self._taken.discard(path)

    def returned(self, arrivals: list[Arrival]) -> None:
        """Put back arrivals that could not be entered into the ledger; the next `take` returns them again."""
        with self._lock:
            self._taken.difference_update(os.fspath(arrival.path) for arrival in arrivals)

    @property
    def quiet(self) -> bool:
        """Whether every file has been examined and none is settling or waiting to be recorded."""
        with self._lock:
            return self._scanned and not self._asked.is_set() and not self._pending and not self._unrecorded

    def rescan(self) -> None:
        """Rescan as soon as possible, and ask the ledger about every file, because it has forgotten one."""
        self._asked.set()
        self._wake.set()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._wake.set()

    def _run_once(self, known: Known) -> None:
        self.beat = now = time.monotonic()
        if now >= self._next_check:
            self._check_watch()
            self._next_check = now + HEALTH_S
        self._take_hints()
        if now >= self._next_scan or self._asked.is_set():
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
        """Renew lost watches. Wait for missing (unmounted) folders, which must not count as empty."""
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
        """Start settling a file if it is an input."""
        parts = Path(os.path.relpath(path, self._folders.root)).parts
        if any(part.startswith(".") for part in parts):
            return
        if not takes(parts[-1], self.settings.ignore):
            self._warn_of_other_kind(path)
            return
        with contextlib.suppress(OSError):
            status = os.lstat(path)
            if stat.S_ISREG(status.st_mode):
                self._start_settling(path, status.st_size, mtime_ns(status))

    def _warn_of_other_kind(self, path: str) -> None:
        """Log once that a file is ignored, if it is neither a media file nor an unfinished download by its name."""
        name = Path(path).name
        if has_media_suffix(name) or is_ignored(name, self.settings.ignore) or not Path(path).is_file():
            return
        if path not in self._named and len(self._named) < MAX_NAMED:
            self._named.add(path)
            log.warning("a file is left alone: by its name it is no GIF, video or animated picture", path=path)

    def _start_settling(self, path: str, size: int, written_ns: int) -> None:
        waiting = self._pending.get(path)
        if waiting is None or (waiting.size_bytes, waiting.mtime_ns) != (size, written_ns):
            with self._lock:
                self._pending[path] = _Pending(size, written_ns, time.monotonic())

    def _scan(self, known: Known) -> None:
        """Examine every file; files in `_seen` need no query of the ledger."""
        start, start_cpu = time.monotonic(), time.thread_time()
        seen: set[int] = set()
        if self._asked.is_set():
            self._scanned, self._seen = False, set()
            self._asked.clear()
        root = len(os.fspath(self._folders.root)) + 1
        for folder in self._folders.watched:
            for entry, status in walk(os.fspath(folder), self.settings.ignore):
                version = (status.st_size, mtime_ns(status))
                mark = hash((entry, *version))
                if mark in self._seen or known(entry[root:], *version):
                    seen.add(mark)
                elif entry not in self._unrecorded:
                    self._start_settling(entry, *version)
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
        """Hand over the files that have not changed for long enough."""
        for path, waiting in list(self._pending.items()):
            now = time.monotonic()
            if now - waiting.since < self.settings.settle_seconds:
                continue
            self.beat = now
            if self._stopping.is_set():
                return
            self._hand_over(path, waiting, known)

    def _hand_over(self, path: str, waiting: _Pending, known: Known) -> None:
        """Hand over one settled file, unless it has changed, the ledger knows it or somebody still writes it."""
        text = os.path.relpath(path, self._folders.root)
        arrival: Arrival | None = None
        try:
            status = os.lstat(path)
            version = (status.st_size, mtime_ns(status))
            if version != (waiting.size_bytes, waiting.mtime_ns):
                self._start_settling(path, *version)
                return
            if not known(text, *version):
                waited_s = time.monotonic() - waiting.since
                if not status.st_size and waited_s < EMPTY_PATIENCE_S:
                    return
                wait_for_writer = waited_s < WRITER_PATIENCE_S
                arrival = read_settled(Path(path), waiting.size_bytes, waiting.mtime_ns, wait_for_writer)
                if arrival is None:
                    return  # it changed or is still being written, and stays pending
        except FileNotFoundError:
            pass
        except OSError as error:  # go on with the next file; the next rescan finds this one again
            log.warning("a file could not be looked at", path=text, error=str(error))
        with self._lock:
            self._pending.pop(path, None)
            if arrival is not None:
                self._unrecorded[path] = arrival
        if arrival is not None:
            self._arrived()
