"""Begin again: after an end without notice, a full disk, a clock that was ahead."""

import shutil
import sqlite3
import time
from collections.abc import Callable, Collection

import structlog

from daemon.catalogue import is_temporary, open_catalogue, publications, requeue
from daemon.folders import Folders
from daemon.jobs import Job
from daemon.service.lock import Refused

log = structlog.get_logger()
START_AGAIN_S = 5.0


def at_once(start: Callable[[], int]) -> int:
    """Start one time, with somebody there who can start it later. Raises Refused where it would work later."""
    try:
        return start()
    except (OSError, sqlite3.OperationalError) as error:
        if not is_temporary(error):
            raise
        remedy = "free some disk space, or end the program that holds the catalogue, then run this again"
        raise Refused(f"it can't start now: {error}; {remedy}") from error


def patiently(start: Callable[[], int]) -> int:
    """Start as often as it takes while the disk is full, since nobody may be there to start it later."""
    while True:
        try:
            return start()
        except (OSError, sqlite3.OperationalError) as error:
            if not is_temporary(error):
                raise
            log.error("it could not start; trying again", error=str(error), every_s=START_AGAIN_S)
        time.sleep(START_AGAIN_S)


def open_or_refuse(folders: Folders) -> sqlite3.Connection:
    """The catalogue; raises Refused where it is damaged, OperationalError where it can't be had just now."""
    try:
        return open_catalogue(folders.catalogue)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and is_temporary(error):
            raise
        told = f"the catalogue can't be used: {error}; put a backup in the place of {folders.catalogue}"
        raise Refused(f"{told}, or move it away to begin a new one") from error


def end_waits(db: sqlite3.Connection, longest_s: float) -> None:
    """Have the jobs go on now that would wait longer than that: the clock was ahead when they were told to wait."""
    if jobs := requeue.end_waits(db, longest_s):
        log.warning("the clock was put back: what waited for its earlier time goes on now", jobs=jobs)


def clear_up(db: sqlite3.Connection, folders: Folders, at_work: Collection[Job], why: str) -> None:
    """Queue the jobs that nobody is at work on any more, and remove what they had staged."""
    for job in requeue.abandon_leases(db, [job.id for job in at_work], why):
        log.warning("a job that was cut off starts anew", job=job)
    publishing = [job for job, _ in publications.publishing_jobs(db, due_only=False)]
    kept = {folders.staging(job.id, job.attempt) for job in (*at_work, *publishing)}
    for left in folders.work.iterdir():
        if left not in kept:
            shutil.rmtree(left, ignore_errors=True)
