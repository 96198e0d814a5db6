"""The ledger: every change of a job's state, each one transaction and one event row.

A job is claimed with a lease and an attempt number, and only the attempt that holds it can change it: what a lost
attempt still says is not heard.
"""

import json
import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from daemon.catalogue import timestamp, transaction
from daemon.catalogue.queries import sql
from daemon.steps import reached
from daemon.verdicts import Verdict
from pipeline.report import Category

Kind = Literal["gif", "video"]
Outcome = Literal["done", "quarantined"]


@dataclass(frozen=True, slots=True)
class Drop:
    """A whole file that was found; `path` is the catalogue's text, `category` what its folder says."""

    path: str
    name: str
    kind: Kind
    size_bytes: int
    mtime_ns: int
    hash: str | None
    category: Category | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job."""

    id: int
    attempt: int
    failures: int
    out_of_memory: int
    hash: str | None
    name: str
    kind: Kind
    path: str
    dropped_path: str
    size_bytes: int
    mtime_ns: int
    category_overruled: Category | None


_JOB_COLUMNS = ", ".join(Job.__dataclass_fields__)


def note(db: sqlite3.Connection, event: str, job: int | None = None, detail: str | None = None) -> None:
    """One row of the journal."""
    db.execute(
        "INSERT INTO events (at, job_id, event, detail) VALUES (?, ?, ?, ?)",
        (timestamp(time.time()), job, event, detail),
    )


def known(db: sqlite3.Connection, path: str, size_bytes: int, mtime_ns: int) -> bool:
    """Whether the ledger has seen this path as it is now."""
    query = "SELECT 1 FROM files WHERE path = ? AND size_bytes = ? AND mtime_ns = ?"
    return db.execute(query, (path, size_bytes, mtime_ns)).fetchone() is not None


def register(
    db: sqlite3.Connection, path: str, content: str | None, size_bytes: int, mtime_ns: int, origin: str = "daemon"
) -> None:
    """Enter a path, before the daemon makes a file of that name: it will not be taken for an input."""
    db.execute(
        "INSERT OR REPLACE INTO files (path, hash, size_bytes, mtime_ns, origin) VALUES (?, ?, ?, ?, ?)",
        (path, content, size_bytes, mtime_ns, origin),
    )


def record(db: sqlite3.Connection, drops: Iterable[Drop], missing: Iterable[str]) -> None:
    """Enter what was found. `missing` are paths of known jobs that are no longer there: theirs were moved."""
    gone = set(missing)
    with transaction(db):
        for drop in drops:
            before = db.execute("SELECT hash, origin FROM files WHERE path = ?", (drop.path,)).fetchone()
            same = before is not None and drop.hash is not None and before["hash"] == drop.hash
            if _record(db, drop, same, gone):
                origin = before["origin"] if same else "dropped"
                register(db, drop.path, drop.hash, drop.size_bytes, drop.mtime_ns, origin)
    reached("recorded")


def paths_of(db: sqlite3.Connection, hashes: Sequence[str]) -> list[str]:
    """Where the jobs of these contents say that their inputs lie."""
    marks = ", ".join("?" * len(hashes))
    return [row[0] for row in db.execute(f"SELECT path FROM jobs WHERE hash IN ({marks})", hashes)]


def _record(db: sqlite3.Connection, drop: Drop, touched: bool, missing: set[str]) -> bool:
    """Decide what a drop is; false where its job is at work, so that it has to be offered again.

    `touched` says that this path is known with this content: only its time is new.
    """
    job = db.execute(sql("job_of_content"), (drop.hash,)).fetchone() if drop.hash else None
    if job is None:
        if not touched:
            _insert(db, drop, "queued", None)
        return True
    if job["state"] in ("gone", "quarantined"):
        _queue_again(db, job["id"], drop, "dropped again")
    elif touched:
        db.execute("UPDATE jobs SET mtime_ns = ? WHERE id = ? AND path = ?", (drop.mtime_ns, job["id"], drop.path))
    elif drop.category not in (None, job["category_overruled"], job["category"]):
        if job["state"] in ("running", "publishing"):
            return False
        _queue_again(db, job["id"], drop, f"category overruled: {drop.category}")
    elif job["path"] in missing:
        db.execute("UPDATE jobs SET path = ?, mtime_ns = ? WHERE id = ?", (drop.path, drop.mtime_ns, job["id"]))
        note(db, "moved", job["id"], drop.path)
    else:
        _insert(db, drop, "duplicate", job["id"])
    return True


def _insert(
    db: sqlite3.Connection, drop: Drop, state: Literal["queued", "duplicate"], duplicate_of: int | None
) -> None:
    job = db.execute(
        sql("insert_job"),
        {
            "hash": drop.hash,
            "name": drop.name,
            "kind": drop.kind,
            "path": drop.path,
            "size_bytes": drop.size_bytes,
            "mtime_ns": drop.mtime_ns,
            "category": drop.category,
            "state": state,
            "duplicate_of": duplicate_of,
            "now": timestamp(time.time()),
        },
    ).lastrowid
    note(db, state, job, drop.error if duplicate_of is None else f"of job {duplicate_of}")


def _queue_again(db: sqlite3.Connection, job: int, drop: Drop, why: str) -> None:
    db.execute(
        sql("queue_again"),
        {
            "id": job,
            "name": drop.name,
            "path": drop.path,
            "mtime_ns": drop.mtime_ns,
            "category": drop.category,
            "now": timestamp(time.time()),
        },
    )
    note(db, "queued", job, why)


def claim(db: sqlite3.Connection, lease_s: float, first: Literal["gifs", "oldest"]) -> Job | None:
    """The next job that may run now, or None."""
    if not claimable(db):
        return None
    now = time.time()
    with transaction(db):
        row = db.execute(
            sql("claim") + f" RETURNING {_JOB_COLUMNS}",
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
        row = db.execute(sql("promote_duplicate"), {"of": job.id, "hash": job.hash, "now": now}).fetchone()
        if row is not None:
            others = "UPDATE jobs SET duplicate_of = ? WHERE hash = ? AND duplicate_of = ?"
            db.execute(others, (row["id"], job.hash, job.id))
            note(db, "queued", row["id"], f"in place of job {job.id}")


def defer(db: sqlite3.Connection, job: Job, verdict: Verdict, wait_s: float) -> None:
    """A failed attempt, or a publication that could not be written: tried again after `wait_s`."""
    now = time.time()
    with transaction(db):
        db.execute(
            sql("defer"),
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
