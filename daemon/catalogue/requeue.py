"""Jobs queued again by somebody other than their attempt: a person, a new start of the daemon, a clock put back."""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence

from daemon.catalogue.database import timestamp, transaction
from daemon.catalogue.ledger import note
from daemon.catalogue.sql import statement


def retry(db: sqlite3.Connection, ids: Sequence[int] = (), failed: bool = False, fallback: bool = False) -> list[int]:
    """Queue jobs anew and return their ids: by id, all that failed, all that a fall-back restored.

    A running daemon takes them up within a second; a stopped one at its next start. A job that is queued or at work
    is left as it is, except that one that waits for its next attempt waits no more.
    """
    now = timestamp(time.time())
    chosen = {"ids": f"[{','.join(str(int(i)) for i in ids)}]", "failed": failed, "fallback": fallback, "now": now}
    with transaction(db):
        queued = sorted(row[0] for row in db.execute(statement("retry"), chosen).fetchall())
        db.executemany("INSERT INTO events (at, job_id, event) VALUES (?, ?, 'retried')", [(now, i) for i in queued])
    return queued


def abandon_leases(db: sqlite3.Connection, at_work: Iterable[int], why: str) -> list[int]:
    """Queue the running jobs whose attempt is no more: all but those `at_work`. Returns them."""
    with transaction(db):
        jobs = [
            row[0]
            for row in db.execute(
                "UPDATE jobs SET state = 'queued', stage = NULL, stage_share = NULL, lease_until = NULL"
                " WHERE state = 'running' AND id NOT IN (SELECT value FROM json_each(?)) RETURNING id",
                (json.dumps(list(at_work)),),
            ).fetchall()
        ]
        for job in jobs:
            note(db, "released", job, why)
    return jobs


def end_waits(db: sqlite3.Connection, longest_s: float) -> int:
    """Let the jobs go on now that would wait longer than `longest_s`; returns how many."""
    now = time.time()
    with transaction(db):
        return db.execute(
            "UPDATE jobs SET not_before = ? WHERE state IN ('queued', 'publishing') AND not_before > ?",
            (timestamp(now), timestamp(now + longest_s)),
        ).rowcount
