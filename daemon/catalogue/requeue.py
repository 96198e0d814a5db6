"""Queues jobs again for a reason outside their attempt: a user asks, the daemon has restarted, the clock went back."""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence

from daemon.catalogue.database import timestamp, transaction
from daemon.catalogue.ledger import record_event
from daemon.catalogue.sql import statement


def retry_jobs(
    db: sqlite3.Connection, ids: Sequence[int] = (), failed: bool = False, fallback: bool = False
) -> list[int]:
    """Queue jobs again and return their ids: those in `ids`, all that failed, or all that a fall-back restored.

    A running daemon claims them within a second, a stopped one at its next start. A job that is already queued or
    running does not change, but one that waits for its next attempt stops waiting.
    """
    now = timestamp(time.time())
    parameters = {"ids": f"[{','.join(str(int(i)) for i in ids)}]", "failed": failed, "fallback": fallback, "now": now}
    with transaction(db):
        queued = sorted(row[0] for row in db.execute(statement("retry"), parameters).fetchall())
        db.executemany("INSERT INTO events (at, job_id, event) VALUES (?, ?, 'retried')", [(now, i) for i in queued])
    return queued


def abandon_leases(db: sqlite3.Connection, at_work: Iterable[int], reason: str) -> list[int]:
    """Queue all running jobs again except those `at_work`, whose attempts still exist. Return their ids."""
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
            record_event(db, "released", job, reason)
    return jobs


def end_waits(db: sqlite3.Connection, longest_s: float) -> int:
    """End the wait of jobs that would wait longer than `longest_s` from now; return how many there were."""
    now = time.time()
    with transaction(db):
        return db.execute(
            "UPDATE jobs SET not_before = ? WHERE state IN ('queued', 'publishing') AND not_before > ?",
            (timestamp(now), timestamp(now + longest_s)),
        ).rowcount
