"""Records files that arrive in the inbox: each becomes a job, a duplicate of a known one, or the new place of a job."""

import json
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
    """A file that arrived whole; `path` is the catalogue's text, `category` what its folder says.

    One that `is_own` is a video's clip, as the daemon made and filed it.
    """

    path: str
    name: str
    kind: Kind
    size_bytes: int
    mtime_ns: int
    hash: str | None
    category: Category | None
    error: str | None = None
    is_own: bool = False


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


def record_drops(
    db: sqlite3.Connection, drops: Iterable[Drop], missing: Iterable[str], without_results: Iterable[str] = ()
) -> list[str]:
    """Enter what arrived; return the paths of the daemon's own clips that it did not know, which are no inputs.

    `missing` are the paths of jobs that hold no file any more: their inputs were moved. `without_results` are contents
    that are done and of which no result is there any more: dropped again, such a content is restored again.
    """
    gone, lost = set(missing), set(without_results)
    own_clips = []
    with transaction(db):
        for drop in drops:
            before = db.execute("SELECT hash, origin FROM files WHERE path = ?", (drop.path,)).fetchone()
            same = before is not None and drop.hash is not None and before["hash"] == drop.hash
            if drop.is_own and not _has_job(db, drop):
                register_file(db, drop.path, drop.hash, drop.size_bytes, drop.mtime_ns)
                own_clips += [] if same else [drop.path]
            elif _record(db, drop, same, gone, drop.hash in lost):
                origin = before["origin"] if same else "dropped"
                register_file(db, drop.path, drop.hash, drop.size_bytes, drop.mtime_ns, origin)
    reached("recorded")
    return own_clips


def input_paths(db: sqlite3.Connection, hashes: Sequence[str]) -> list[str]:
    """Return the paths of the inputs of all jobs with one of these hashes."""
    marks = ", ".join("?" * len(hashes))
    return [row[0] for row in db.execute(f"SELECT path FROM jobs WHERE hash IN ({marks})", hashes)]


def results_of(db: sqlite3.Connection, hashes: Sequence[str]) -> dict[str, list[str]]:
    """The paths of the results of these contents, by content; those that are not done have none."""
    results = dict[str, list[str]]()
    for content, path in db.execute(query("results_of_contents"), {"hashes": json.dumps(list(hashes))}):
        results.setdefault(content, []).append(path)
    return results


def _has_job(db: sqlite3.Connection, drop: Drop) -> bool:
    return db.execute(query("job_of_content"), (drop.hash,)).fetchone() is not None


def _record(db: sqlite3.Connection, drop: Drop, touched: bool, missing: set[str], is_without_results: bool) -> bool:
    """Decide what a drop is; false where its job is at work, so that it has to be offered again.

    `touched` means that this path is known with this content, and only its time is new.
    """
    job = db.execute(query("job_of_content"), (drop.hash,)).fetchone() if drop.hash else None
    if job is None:
        if not touched:
            _insert_job(db, drop, "queued", None)
        return True
    if job["state"] in ("gone", "quarantined"):
        _queue_again(db, job["id"], drop, "dropped again")
    elif is_without_results and (job["path"] == drop.path or job["path"] in missing):
        _queue_again(db, job["id"], drop, "dropped again: its results are gone")
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
