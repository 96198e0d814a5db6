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


def record_expiry(db: sqlite3.Connection, ended: EndedInput, removed: bool) -> None:
    """Mark an input as expired, so that it is not looked at again; if its file was `removed`, forget its path."""
    with transaction(db):
        db.execute("UPDATE jobs SET expired = 1 WHERE id = ?", (ended.job,))
        if removed:
            db.execute("DELETE FROM files WHERE path = ?", (ended.path,))
            record_event(db, "expired", ended.job, ended.path)
