"""Recovery after a crash, a full disk or a clock that was ahead."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from daemon.catalogue import LaterVersion, is_temporary, open_catalogue, publications, requeue
from daemon.catalogue.presence import CatalogueLost, Presence
from daemon.folders import Folders
from daemon.jobs import Job
from daemon.publishing.publish import sweep
from daemon.service.lock import Refused
from daemon.service.signals import Alarm

log = structlog.get_logger()
START_AGAIN_S = 5.0
GONE, UNWRITTEN = "the data root was gone", "the catalogue could not be written"


def at_once(start: Callable[[], int]) -> int:
    """Start once: a person is there to start it again. Raises Refused if the obstacle is temporary."""
    try:
        return start()
    except (OSError, sqlite3.OperationalError) as error:
        if not is_temporary(error):
            raise
        remedy = "free some disk space, or end the program that holds the catalogue, then run this again"
        raise Refused(f"it can't start now: {error}; {remedy}") from error


def patiently(start: Callable[[], int], alarm: Alarm) -> int:
    """Start, and retry while the obstacle is temporary, such as a full disk: nobody may be there to start it later."""
    while not alarm.stopping:
        try:
            return start()
        except (OSError, sqlite3.OperationalError) as error:
            if not is_temporary(error):
                raise
            log.error("it could not start; trying again", error=str(error), every_s=START_AGAIN_S)
        alarm.wait(START_AGAIN_S)
    return 0


@dataclass(slots=True)
class Interruption:
    """The reason why all work is paused, or "". Its beginning and its end are each logged once."""

    why: str = ""

    def begin(self, why: str, **facts: str) -> bool:
        """Log an interruption and return True, unless it is already known or the data root is already gone."""
        is_news = self.why not in (why, GONE)
        if is_news:
            self.why = why
            log.error(f"{why}: waiting", **facts)
        return is_news

    def end(self) -> None:
        """Log that the work goes on."""
        log.info("the data root is there again" if self.why == GONE else "the catalogue can be written again")
        self.why = ""


def remedy_of_gone(folders: Folders) -> str:
    """Return what a person can do if the data root is no longer the one with which the daemon started."""
    if folders.root.exists():
        return "another folder is in its place: restart the daemon to have it work there, or put the first one back"
    return "rename it back, or mount it; then it goes on by itself"


def open_or_refuse(folders: Folders) -> sqlite3.Connection:
    """Open the catalogue. Raises Refused if it is damaged, OperationalError if it can't be opened at the moment."""
    try:
        return open_catalogue(folders.catalogue)
    except LaterVersion as error:
        raise Refused(f"{folders.catalogue}: {error}") from error
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and is_temporary(error):
            raise
        message = f"the catalogue can't be used: {error}; put a backup in the place of {folders.catalogue}"
        raise Refused(f"{message}, or move it away to begin a new one") from error


@contextmanager
def hold_catalogue(folders: Folders) -> Iterator[Presence]:
    """Open the catalogue, and close it at the end. If its file is lost, write its contents to a new file first.

    Raises Refused in place of CatalogueLost, and what `open_or_refuse` raises.
    """
    presence, lost = Presence(open_or_refuse(folders), folders.catalogue), None
    try:
        yield presence
    except CatalogueLost as error:
        lost = error
    finally:
        rescued = _close_or_rescue(presence)
    if lost is not None:
        loss = f"{folders.catalogue} was removed or replaced while the daemon had it open; what it held is in {rescued}"
        raise Refused(f"{loss}; start the daemon again, and stop it before you move its catalogue") from lost


def _close_or_rescue(presence: Presence) -> Path | None:
    """Close the catalogue, and retry while the disk is full. Return the path to which a lost one was written."""
    while True:
        try:
            rescued = presence.close()
        except (OSError, sqlite3.OperationalError) as error:
            if not is_temporary(error):
                raise
            log.error("the catalogue could not be written back; trying again", error=str(error), every_s=START_AGAIN_S)
            time.sleep(START_AGAIN_S)
        else:
            break
    if rescued is not None:
        log.error("the catalogue's file was lost; what it held was written back", path=str(rescued))
    return rescued


def recover(db: sqlite3.Connection, folders: Folders, longest_wait_s: float) -> None:
    """Clean up after an earlier daemon: its jobs, its waits, its unfinished files."""
    clear_up(db, folders, [], "the daemon had ended without notice")
    end_waits(db, longest_wait_s)
    for folder in (folders.outputs, folders.quarantine, *folders.categories):
        sweep(folder)


def end_waits(db: sqlite3.Connection, longest_s: float) -> None:
    """End each wait that would last longer than `longest_s`: the clock was ahead when it was set."""
    if jobs := requeue.end_waits(db, longest_s):
        log.warning("the clock was put back: what waited for its earlier time goes on now", jobs=jobs)


def clear_up(db: sqlite3.Connection, folders: Folders, at_work: Collection[Job], why: str) -> None:
    """Queue the jobs on which nobody works any more, and remove their staging folders."""
    for job in requeue.abandon_leases(db, [job.id for job in at_work], why):
        log.warning("a job that was cut off starts anew", job=job)
    publishing = [job for job, _ in publications.publishing_jobs(db, due_only=False)]
    needed = {folders.staging(job.id, job.attempt) for job in (*at_work, *publishing)}
    for folder in folders.work.iterdir():
        if folder not in needed:
            shutil.rmtree(folder, ignore_errors=True)
