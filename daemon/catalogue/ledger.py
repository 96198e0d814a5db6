"""The ledger: every change of a job's state, each one transaction and one event row.

A job is claimed with a lease and an attempt number. Only the attempt that holds the lease can change the job; what an
attempt says after it lost its lease changes nothing.
"""

import sqlite3
import time
from dataclasses import replace
from typing import Literal

from daemon.catalogue.database import timestamp, transaction
from daemon.catalogue.sql import statement
from daemon.jobs import Job, Verdict
from daemon.steps import reached

_JOB_COLUMNS = ", ".join(Job.__dataclass_fields__)


def note(db: sqlite3.Connection, event: str, job: int | None = None, detail: str | None = None) -> None:
    """One row of the journal."""
    db.execute(
        "INSERT INTO events (at, job_id, event, detail) VALUES (?, ?, ?, ?)",
        (timestamp(time.time()), job, event, detail),
    )


def claim(db: sqlite3.Connection, lease_s: float, first: Literal["gifs", "oldest"]) -> Job | None:
    """The next job that may run now, or None."""
    if not claimable(db):
        return None
    now = time.time()
    with transaction(db):
        row = db.execute(
            statement("claim") + f" RETURNING {_JOB_COLUMNS}",
            {
                "now": timestamp(now),
                "lease_until": timestamp(now + lease_s),
                "video_waits_s": 3600 if first == "gifs" else 0,
            },
        ).fetchone()
        if row is None:
            return None
        job = Job(**row)
        note(db, "claimed", job.id, f"attempt {job.attempt}")
    reached("claimed")
    return job


def beat(db: sqlite3.Connection, job: Job, stage: str, share: float, lease_s: float) -> None:
    """The attempt lives: extend its lease and tell how far it is."""
    now = time.time()
    with transaction(db):
        db.execute(
            "UPDATE jobs SET stage = ?, stage_share = ?, heartbeat_at = ?, lease_until = ?"
            " WHERE id = ? AND attempt = ? AND state = 'running'",
            (stage, share, timestamp(now), timestamp(now + lease_s), job.id, job.attempt),
        )


def hashed(db: sqlite3.Connection, job: Job, content: str, size_bytes: int, mtime_ns: int) -> Job:
    """The content of a claimed job turned out to be this; its time alone may have changed."""
    with transaction(db):
        db.execute(
            "UPDATE jobs SET hash = ?, size_bytes = ?, mtime_ns = ? WHERE id = ? AND attempt = ?",
            (content, size_bytes, mtime_ns, job.id, job.attempt),
        )
    return replace(job, hash=content, size_bytes=size_bytes, mtime_ns=mtime_ns)


def claimable(db: sqlite3.Connection, within_s: float = 0.0) -> bool:
    """Whether a job may run now, or soon."""
    query = "SELECT 1 FROM jobs WHERE state = 'queued' AND not_before <= ? LIMIT 1"
    return db.execute(query, (timestamp(time.time() + within_s),)).fetchone() is not None


def has_waiting(db: sqlite3.Connection) -> bool:
    """Whether some job is not at its end."""
    return db.execute("SELECT 1 FROM jobs WHERE state IN ('queued', 'publishing') LIMIT 1").fetchone() is not None


def is_publishing(db: sqlite3.Connection, job: Job) -> bool:
    """Whether the attempt's work is done, and only its publication is not."""
    query = "SELECT 1 FROM jobs WHERE id = ? AND attempt = ? AND state = 'publishing'"
    return db.execute(query, (job.id, job.attempt)).fetchone() is not None


def release(db: sqlite3.Connection, job: Job, why: str) -> None:
    """Give a job back unfinished, through no fault of its own."""
    with transaction(db):
        db.execute(
            "UPDATE jobs SET state = 'queued', stage = NULL, stage_share = NULL, lease_until = NULL"
            " WHERE id = ? AND attempt = ? AND state = 'running'",
            (job.id, job.attempt),
        )
        note(db, "released", job.id, why)


def where_it_lies(db: sqlite3.Connection, job: Job) -> Job:
    """The job with its input's path as it is now: the file may have been renamed while it was worked on."""
    path, written_ns = db.execute("SELECT path, mtime_ns FROM jobs WHERE id = ?", (job.id,)).fetchone()
    return replace(job, path=path, mtime_ns=written_ns)


def end(db: sqlite3.Connection, job: Job, state: Literal["gone", "superseded"], why: str) -> None:
    """A job whose input is no more; a file that comes back to its place is looked at anew.

    The first of its duplicates, which has the same content, takes its place.
    """
    now = timestamp(time.time())
    with transaction(db):
        db.execute(
            "UPDATE jobs SET state = ?, error_kind = ?, error = ?, finished_at = ? WHERE id = ? AND attempt = ?",
            (state, state, why, now, job.id, job.attempt),
        )
        db.execute("DELETE FROM files WHERE path = ? AND hash IS ?", (job.path, job.hash))
        note(db, state, job.id, why)
        row = db.execute(statement("promote_duplicate"), {"of": job.id, "hash": job.hash, "now": now}).fetchone()
        if row is not None:
            others = "UPDATE jobs SET duplicate_of = ? WHERE hash = ? AND duplicate_of = ?"
            db.execute(others, (row["id"], job.hash, job.id))
            note(db, "queued", row["id"], f"in place of job {job.id}")


def defer(db: sqlite3.Connection, job: Job, verdict: Verdict, wait_s: float) -> None:
    """A failed attempt, or a publication that could not be written: tried again after `wait_s`."""
    now = time.time()
    with transaction(db):
        db.execute(
            statement("defer"),
            {
                "id": job.id,
                "attempt": job.attempt,
                "counts": int(verdict.counts),
                "memory": int(verdict.memory),
                "not_before": timestamp(now + wait_s),
                "error_kind": verdict.kind,
                "error": verdict.error,
                "remedy": verdict.remedy,
            },
        )
        note(db, "failed", job.id, f"{verdict.error} (again in {wait_s:.0f} s)")
