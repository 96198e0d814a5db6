"""Finds the inputs that are older than `retention` allows, and records that they were removed."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from daemon.catalogue.database import transaction
from daemon.catalogue.ledger import record_event
from daemon.catalogue.sql import query


@dataclass(frozen=True, slots=True)
class EndedInput:
    """The input of a job that has ended; `mtime_ns` is None if the catalogue does not know the file."""

    job: int
    path: str
    size_bytes: int
    mtime_ns: int | None


def inputs_ended_before(db: sqlite3.Connection, states: Sequence[str], before: str) -> list[EndedInput]:
    """Return the inputs, not expired yet, of jobs that ended in one of `states` before a time (see `timestamp`)."""
    parameters = {"states": json.dumps(list(states)), "before": before}
    return [EndedInput(**row) for row in db.execute(query("ended_inputs"), parameters)]


def copies_ended_before(db: sqlite3.Connection, folder: str, before: str) -> list[EndedInput]:
    """Copies in the folder of quarantine that are no job's input, of contents that could not be done."""
    return [EndedInput(**row) for row in db.execute(query("quarantined_copies"), {"folder": folder, "before": before})]


def copies_in(db: sqlite3.Connection, folder: str, content: str) -> list[str]:
    """The paths below a folder that the daemon knows with this content; '0' comes after '/'."""
    known = "SELECT path FROM files WHERE path > ? || '/' AND path < ? || '0' AND hash = ?"
    return [row[0] for row in db.execute(known, (folder, folder, content))]


def forget_copy(db: sqlite3.Connection, path: str) -> None:
    """A copy was removed: its path is free for another."""
    db.execute("DELETE FROM files WHERE path = ?", (path,))


def record_expiry(db: sqlite3.Connection, ended: EndedInput, removed: bool) -> None:
    """Mark an input as expired, so that it is not looked at again; if its file was `removed`, forget its path."""
    with transaction(db):
        db.execute("UPDATE jobs SET expired = 1 WHERE id = ?", (ended.job,))
        if removed:
            db.execute("DELETE FROM files WHERE path = ?", (ended.path,))
            record_event(db, "expired", ended.job, ended.path)
