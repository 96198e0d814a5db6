"""Collects hints from the kernel that files were dropped. They are only hints, because events get lost (see `inbox`).

For polling, the inbox rescans; a polling observer would walk the folders once more and keep a second list of all files.
"""

import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog
from watchdog.events import (
    DirCreatedEvent,
    DirModifiedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers.api import BaseObserver, EventEmitter

from daemon.inbox.mounts import file_system, is_network
from daemon.settings.config import Watch

_LOG = logging.getLogger("watchdog")
log = structlog.get_logger()
_EVENTS = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirModifiedEvent,
]
_MAX_PATHS = 4096  # a quarter of the kernel's own queue; beyond it, events may have been lost


class Hints(FileSystemEventHandler):
    """Paths that may have changed. A handler only stores them, because an exception in it would end the observer."""

    def __init__(self, wake: threading.Event) -> None:
        self._lock = threading.Lock()
        self._paths: set[str] = set()
        self._wake = wake
        self.overflowed = False

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Remember the path, or that a rescan is needed."""
        path = os.fsdecode(event.dest_path or event.src_path)
        with self._lock:
            if len(self._paths) >= _MAX_PATHS or event.is_directory:
                self.overflowed = True
            else:
                self._paths.add(path)
        self._wake.set()

    def report_loss(self) -> None:
        """Remember that events were lost, so that a rescan is needed."""
        with self._lock:
            self.overflowed = True
        self._wake.set()

    def take(self) -> tuple[set[str], bool]:
        """Return the paths since the last call, and whether a rescan is needed."""
        with self._lock:
            paths, self._paths = self._paths, set()
            overflowed, self.overflowed = self.overflowed, False
        return paths, overflowed


class _OverflowHandler(logging.Handler):
    """Detects an overflow of the kernel's queue, which watchdog repairs and reports only in its log."""

    def __init__(self, hints: Hints) -> None:
        super().__init__(logging.WARNING)
        self._hints = hints

    def emit(self, record: logging.LogRecord) -> None:
        """Report lost events if the record warns of an overflow."""
        if "overflow" in record.getMessage():
            self._hints.report_loss()


class Watcher:
    """One observer over all roots. `polling` is true if there are no events, so that rescans must be frequent."""

    def __init__(self, roots: Sequence[Path], settings: Watch, hints: Hints) -> None:
        self._roots, self._settings, self._hints = roots, settings, hints
        self._observer: BaseObserver | None = None
        self._identities: list[tuple[int, int] | None] = []
        self._overflows = _OverflowHandler(hints)
        self.polling = False

    def start(self) -> None:
        """Start watching the roots as they are now."""
        self.stop()
        self._identities = [identity(root) for root in self._roots]
        self.polling = self._settings.method == "polling" or (self._settings.method == "auto" and self._on_network())
        if not self.polling:
            self._observe()

    def healthy(self) -> bool:
        """Whether the observer's threads are alive and the roots are still the folders that it watches."""
        if self._identities != [identity(root) for root in self._roots]:
            return False
        if self._observer is None:
            return self.polling
        return self._observer.is_alive() and all(e.is_alive() and _has_live_reader(e) for e in self._observer.emitters)

    def stop(self) -> None:
        """End the observer's threads."""
        _LOG.removeHandler(self._overflows)
        observer, self._observer = self._observer, None
        if observer is not None and observer.is_alive():
            observer.stop()
            observer.join(timeout=2)

    def _observe(self) -> None:
        from watchdog.observers import Observer

        _LOG.propagate = False
        _LOG.addHandler(self._overflows)
        observer = Observer()
        try:
            for root in self._roots:
                observer.schedule(self._hints, str(root), recursive=True, event_filter=_EVENTS)
            observer.start()
        except OSError as error:
            if not self.polling:
                log.warning(
                    "no inotify watch could be had: polling", error=str(error), every_s=self._settings.poll_seconds
                )
            self.polling = True
            return
        self._observer = observer

    def _on_network(self) -> bool:
        kinds = {root: file_system(root) for root in self._roots}
        network = {str(root): kind for root, kind in kinds.items() if is_network(kind)}
        if network:
            log.info("a network file system gives no events: polling", roots=network)
        return bool(network)


def _has_live_reader(emitter: EventEmitter) -> bool:
    """Whether the thread that reads the kernel's events for all emitters is alive; a dead one is dropped for good."""
    reader = getattr(emitter, "_inotify_fd", None)
    if reader is None or reader.is_alive():
        return True
    type(reader)._instance = None
    return False


def identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode, None if there is no such folder."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
