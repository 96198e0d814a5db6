"""Records files that arrive in the inbox: each becomes a job, a duplicate of a known one, or the new place of a job."""

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from daemon.catalogue.database import timestamp, transaction
from daemon.catalogue.ledger import record_event
from daemon.catalogue.sql import query, statement
from daemon.jobs import Kind
from daemon.steps import reached
from pipeline.report import Category


@dataclass(frozen=True, slots=True)
class Drop:
    """A file that arrived whole.

    `path` is the catalogue's text. `category` is that of the folder it lies in, None elsewhere. `error` says why it
    could not be read.
    """

    path: str
    name: str
    kind: Kind
    size_bytes: int
    mtime_ns: int
    hash: str | None
    category: Category | None
    error: str | None = None


def is_known(db: sqlite3.Connection, path: str, size_bytes: int, mtime_ns: int) -> bool:
    """Return whether the ledger knows this path with this size and time."""
    known_file = "SELECT 1 FROM files WHERE path = ? AND size_bytes = ? AND mtime_ns = ?"
    return db.execute(known_file, (path, size_bytes, mtime_ns)).fetchone() is not None


def register_file(
    db: sqlite3.Connection, path: str, content: str | None, size_bytes: int, mtime_ns: int, origin: str = "daemon"
) -> None:
    """Enter a file that the daemon is about to make, so that the inbox does not take it for an input."""
    db.execute(
        "INSERT OR REPLACE INTO files (path, hash, size_bytes, mtime_ns, origin) VALUES (?, ?, ?, ?, ?)",
        (path, content, size_bytes, mtime_ns, origin),
    )


def record_drops(db: sqlite3.Connection, drops: Iterable[Drop], missing: Iterable[str]) -> None:
    """Enter the drops. `missing` are the paths of jobs where no file lies any more, because it was moved."""
    missing_paths = set(missing)
    with transaction(db):
        for drop in drops:
            before = db.execute("SELECT hash, origin FROM files WHERE path = ?", (drop.path,)).fetchone()
            is_same = before is not None and drop.hash is not None and before["hash"] == drop.hash
            if _record_drop(db, drop, is_same, missing_paths):
                origin = before["origin"] if is_same else "dropped"
                register_file(db, drop.path, drop.hash, drop.size_bytes, drop.mtime_ns, origin)
    reached("recorded")


def input_paths(db: sqlite3.Connection, hashes: Sequence[str]) -> list[str]:
    """Return the paths of the inputs of all jobs with one of these hashes."""
    marks = ", ".join("?" * len(hashes))
    return [row[0] for row in db.execute(f"SELECT path FROM jobs WHERE hash IN ({marks})", hashes)]


def _record_drop(db: sqlite3.Connection, drop: Drop, touched: bool, missing: set[str]) -> bool:
    """Decide what a drop is. Return False if its job is running, so that the drop has to be offered again.

    `touched` means that this path is known with this content, and only its time is new.
    """
    job = db.execute(query("job_of_content"), (drop.hash,)).fetchone() if drop.hash else None
    if job is None:
        if not touched:
            _insert_job(db, drop, "queued", None)
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
        record_event(db, "moved", job["id"], drop.path)
    else:
        _insert_job(db, drop, "duplicate", job["id"])
    return True


def _insert_job(
    db: sqlite3.Connection, drop: Drop, state: Literal["queued", "duplicate"], duplicate_of: int | None
) -> None:
    job = db.execute(
        statement("insert_job"),
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
    record_event(db, state, job, drop.error if duplicate_of is None else f"of job {duplicate_of}")


def _queue_again(db: sqlite3.Connection, job: int, drop: Drop, reason: str) -> None:
    db.execute(
        statement("queue_again"),
        {
            "id": job,
            "name": drop.name,
            "path": drop.path,
            "mtime_ns": drop.mtime_ns,
            "category": drop.category,
            "now": timestamp(time.time()),
        },
    )
    record_event(db, "queued", job, reason)
