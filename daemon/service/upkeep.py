"""The daemon's regular work besides jobs: disk space, the machine's clock, expiry of old files, the watchdog."""

import shutil
import sqlite3
import time
from dataclasses import dataclass, field

import structlog

from daemon.catalogue import ledger
from daemon.catalogue.presence import CatalogueLost, Presence
from daemon.folders import Folders
from daemon.inbox.inbox import Inbox
from daemon.publishing.retention import expire
from daemon.service import systemd
from daemon.service.recovery import end_waits
from daemon.settings.config import Config
from daemon.verification.background import Background
from daemon.verification.fetching import Fetching

log = structlog.get_logger()
EXPIRY_S = 3600.0
PUT_BACK_S = 1.0  # NTP's gradual corrections stay below it
INBOX_PATIENCE_S = 120.0  # it hashes large files from slow disks


def clock_ahead() -> float:
    """Return how far the wall clock is ahead of the monotonic clock, in s."""
    return time.time() - time.monotonic()


@dataclass(slots=True)
class Upkeep:
    """The upkeep of one data root. `low_on_disk` is the result of the last check."""

    db: sqlite3.Connection
    folders: Folders
    inbox: Inbox
    low_on_disk: bool = False
    fetching: Fetching = field(default_factory=Fetching)
    verification: Background = field(default_factory=Background)
    presence: Presence | None = None
    _clock_ahead: float = field(default_factory=clock_ahead)
    _next_expiry: float = 0.0

    def has_room(self, config: Config) -> bool:
        """Return whether there is disk space for results. A change is recorded and logged."""
        low = shutil.disk_usage(self.folders.root).free < config.jobs.min_free_mb << 20
        if low != self.low_on_disk:
            self.low_on_disk = low
            ledger.record_event(self.db, "disk_low" if low else "disk_free")
            log.warning("too little free disk space: waiting" if low else "there is free disk space again: going on")
        return not low

    def tick(self, config: Config) -> None:
        """Check the clock, weights and verification, once a second. Once an hour, remove what has expired."""
        self._mind_clock()
        self.fetching.tick(config)
        self.verification.tick(config)
        if time.monotonic() >= self._next_expiry:
            self.expire(config)

    def require_catalogue(self) -> None:
        """Raise CatalogueLost, log it and report it, if the open catalogue's file was removed or replaced."""
        if self.presence is not None and self.presence.is_lost():
            message = "the catalogue was removed or replaced while it was open: no more jobs are taken"
            log.error(message, path=str(self.presence.path))
            systemd.notify(f"STATUS={message}")
            raise CatalogueLost(message)

    def expire(self, config: Config) -> None:
        """Remove what has expired. Errors are logged, and the work goes on. Raises sqlite3.OperationalError."""
        self._next_expiry = time.monotonic() + EXPIRY_S
        try:
            expire(self.db, self.folders, config.retention)
        except sqlite3.OperationalError:
            raise
        except Exception:
            log.exception("what was kept long enough could not be removed; trying again", in_s=EXPIRY_S)

    def say_alive(self, status: str) -> None:
        """Report to the service manager that this process is alive, if the inbox's thread is alive too."""
        if self.inbox.is_alive() and time.monotonic() - self.inbox.beat < INBOX_PATIENCE_S:
            text = "waiting for free disk space" if self.low_on_disk else status or "watching"
            systemd.notify("WATCHDOG=1", f"STATUS={text}")

    def _mind_clock(self) -> None:
        """End all waits if the machine's clock was put back, since they were set by its earlier time."""
        ahead = clock_ahead()
        if ahead < self._clock_ahead - PUT_BACK_S:
            end_waits(self.db, 0.0)
        self._clock_ahead = ahead
