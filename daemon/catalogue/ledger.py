"""The ledger: each function changes a job's state in one transaction and writes one event.

An attempt claims a job with a lease and an attempt number. Only the attempt that holds the lease can change the job:
what it reports after it has lost the lease is ignored.
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


def record_event(db: sqlite3.Connection, event: str, job: int | None = None, detail: str | None = None) -> None:
    """Write a row of `events`."""
    db.execute(
        "INSERT INTO events (at, job_id, event, detail) VALUES (?, ?, ?, ?)",
        (timestamp(time.time()), job, event, detail),
    )


def claim_job(db: sqlite3.Connection, lease_s: float, first: Literal["gifs", "oldest"]) -> Job | None:
    """Claim the next job that may run now and return it, or None. `first` says which of the queued jobs goes first."""
    if not may_claim(db):
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
        record_event(db, "claimed", job.id, f"attempt {job.attempt}")
    reached("claimed")
    return job


def record_progress(db: sqlite3.Connection, job: Job, stage: str, share: float, lease_s: float) -> None:
    """Record how far an attempt is, `share` 0 to 1 of the whole, and extend its lease."""
    now = time.time()
    with transaction(db):
        db.execute(
            "UPDATE jobs SET stage = ?, stage_share = ?, heartbeat_at = ?, lease_until = ?"
            " WHERE id = ? AND attempt = ? AND state = 'running'",
            (stage, share, timestamp(now), timestamp(now + lease_s), job.id, job.attempt),
        )


def record_hash(db: sqlite3.Connection, job: Job, content: str, size_bytes: int, mtime_ns: int) -> Job:
    """Record the hash, size and time of a claimed job's input, and return the job with them."""
    with transaction(db):
        db.execute(
            "UPDATE jobs SET hash = ?, size_bytes = ?, mtime_ns = ? WHERE id = ? AND attempt = ?",
            (content, size_bytes, mtime_ns, job.id, job.attempt),
        )
    return replace(job, hash=content, size_bytes=size_bytes, mtime_ns=mtime_ns)


def may_claim(db: sqlite3.Connection, within_s: float = 0.0) -> bool:
    """Return whether a job may run now, or `within_s` from now."""
    query = "SELECT 1 FROM jobs WHERE state = 'queued' AND not_before <= ? LIMIT 1"
    return db.execute(query, (timestamp(time.time() + within_s),)).fetchone() is not None


def has_unfinished_job(db: sqlite3.Connection) -> bool:
    """Return whether a job is still queued or being published."""
    return db.execute("SELECT 1 FROM jobs WHERE state IN ('queued', 'publishing') LIMIT 1").fetchone() is not None


def is_publishing(db: sqlite3.Connection, job: Job) -> bool:
    """Return whether the attempt has restored the file and only has to publish the results."""
    query = "SELECT 1 FROM jobs WHERE id = ? AND attempt = ? AND state = 'publishing'"
    return db.execute(query, (job.id, job.attempt)).fetchone() is not None


def release_job(db: sqlite3.Connection, job: Job, reason: str) -> None:
    """Queue a job again whose attempt was broken off, without counting a failure."""
    with transaction(db):
        db.execute(
            "UPDATE jobs SET state = 'queued', stage = NULL, stage_share = NULL, lease_until = NULL"
            " WHERE id = ? AND attempt = ? AND state = 'running'",
            (job.id, job.attempt),
        )
        record_event(db, "released", job.id, reason)


def locate_input(db: sqlite3.Connection, job: Job) -> Job:
    """Return the job with its input's present path, since the file may have been moved while it was restored."""
    path, mtime_ns = db.execute("SELECT path, mtime_ns FROM jobs WHERE id = ?", (job.id,)).fetchone()
    return replace(job, path=path, mtime_ns=mtime_ns)


def end_job(db: sqlite3.Connection, job: Job, state: Literal["gone", "superseded"], reason: str) -> None:
    """End a job whose input no longer exists, and forget the file: one that comes back counts as new.

    The first of the job's duplicates is queued in its place, since it has the same content.
    """
    now = timestamp(time.time())
    with transaction(db):
        db.execute(
            "UPDATE jobs SET state = ?, error_kind = ?, error = ?, finished_at = ? WHERE id = ? AND attempt = ?",
            (state, state, reason, now, job.id, job.attempt),
        )
        db.execute("DELETE FROM files WHERE path = ? AND hash IS ?", (job.path, job.hash))
        record_event(db, state, job.id, reason)
        row = db.execute(statement("promote_duplicate"), {"of": job.id, "hash": job.hash, "now": now}).fetchone()
        if row is not None:
            others = "UPDATE jobs SET duplicate_of = ? WHERE hash = ? AND duplicate_of = ?"
            db.execute(others, (row["id"], job.hash, job.id))
            record_event(db, "queued", row["id"], f"in place of job {job.id}")


def defer_job(db: sqlite3.Connection, job: Job, verdict: Verdict, wait_s: float) -> None:
    """Record a failed attempt, or a publication that could not be written, and try again after `wait_s`."""
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
        record_event(db, "failed", job.id, f"{verdict.error} (again in {wait_s:.0f} s)")
