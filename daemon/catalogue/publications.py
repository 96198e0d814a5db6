"""What a finished attempt still has to put in place: planned before any file is moved, struck off when it is done."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from daemon.catalogue.database import timestamp, transaction
from daemon.catalogue.drops import register
from daemon.catalogue.ledger import note
from daemon.catalogue.sql import statement
from daemon.jobs import Job, Outcome, Verdict
from daemon.report_codec import to_json
from pipeline.report import ClipReport

PublicationKind = Literal["output", "categorised", "frames_input", "frames_enhanced", "source"]


class LostLease(Exception):
    """The job was taken from this attempt, whose files are thrown away."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One file or folder of frames to put in place; all paths are the catalogue's text.

    `replaces` is the hash of this job's own earlier file of that name. `id` is 0 until it is planned.
    """

    kind: PublicationKind
    staged: str
    destination: str
    hash: str | None = None
    bytes: int = 0
    mtime_ns: int = 0
    clip_number: int = 0
    format: str = ""
    replaces: str | None = None
    id: int = 0


_COLUMNS = "kind, staged, destination, hash, bytes, mtime_ns, clip_number, format, replaces"


def plan(
    db: sqlite3.Connection,
    job: Job,
    reports: list[ClipReport],
    publications: Sequence[Publication],
    verdict: Verdict | None = None,
) -> None:
    """Commit to an outcome. After a crash the daemon finishes the publication and makes no new attempt.

    A `verdict` sends the job to quarantine. Names in the watched folders are registered here, before a file of that
    name appears. Raises LostLease.
    """
    outcome: Outcome = "done" if verdict is None else "quarantined"
    with transaction(db):
        changed = db.execute(
            statement("plan"),
            {
                "id": job.id,
                "attempt": job.attempt,
                "outcome": outcome,
                "reports": to_json(reports),
                "error_kind": verdict and verdict.kind,
                "error": verdict and verdict.error,
                "remedy": verdict and verdict.remedy,
                "now": timestamp(time.time()),
            },
        ).rowcount
        if not changed:
            raise LostLease(f"attempt {job.attempt} at job {job.id} holds it no more")
        for publication in publications:
            _insert(db, job, publication)
            if publication.kind in ("categorised", "source"):
                register(db, publication.destination, publication.hash, publication.bytes, publication.mtime_ns)
        note(db, "publishing", job.id, outcome)


def _insert(db: sqlite3.Connection, job: Job, publication: Publication) -> None:
    values: dict[str, Any] = {name.strip(): getattr(publication, name.strip()) for name in _COLUMNS.split(",")}
    marks = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT INTO publications (job_id, {_COLUMNS}) VALUES (:job, {marks})", values | {"job": job.id})


def planned(db: sqlite3.Connection, job: int) -> list[Publication]:
    """What a publishing job has to put in place, in order."""
    rows = db.execute(f"SELECT id, {_COLUMNS} FROM publications WHERE job_id = ? ORDER BY id", (job,))
    return [Publication(**row) for row in rows]


def publishing(db: sqlite3.Connection, due_only: bool = True) -> list[tuple[Job, Outcome]]:
    """The jobs whose publication was cut off, or waits for a folder that can be written."""
    columns = ", ".join(Job.__dataclass_fields__)
    rows = db.execute(
        f"SELECT {columns}, outcome FROM jobs WHERE state = 'publishing' AND (not_before <= ? OR NOT ?) ORDER BY id",
        (timestamp(time.time()), due_only),
    )
    return [(Job(**{k: row[k] for k in Job.__dataclass_fields__}), row["outcome"]) for row in rows]


def rename(db: sqlite3.Connection, publication: Publication, destination: str) -> Publication:
    """Give a publication another name, since somebody's file took its own meanwhile."""
    with transaction(db):
        db.execute(
            "UPDATE publications SET destination = ?, replaces = NULL WHERE id = ?", (destination, publication.id)
        )
        if publication.kind in ("categorised", "source"):
            db.execute("DELETE FROM files WHERE path = ? AND origin = 'daemon'", (publication.destination,))
            register(db, destination, publication.hash, publication.bytes, publication.mtime_ns)
    return replace(publication, destination=destination, replaces=None)


def stay(db: sqlite3.Connection, publication: Publication) -> None:
    """Give up moving an input: it stays where it is, and the catalogue says so."""
    with transaction(db):
        db.execute("DELETE FROM publications WHERE id = ?", (publication.id,))
        db.execute("DELETE FROM files WHERE path = ? AND origin = 'daemon'", (publication.destination,))


def unplan(db: sqlite3.Connection, job: Job) -> None:
    """The staged files are lost: the job starts anew."""
    with transaction(db):
        db.execute("DELETE FROM publications WHERE job_id = ?", (job.id,))
        db.execute("UPDATE jobs SET state = 'queued', outcome = NULL, reports = NULL WHERE id = ?", (job.id,))
        note(db, "released", job.id, "its staged files are gone")


def is_planned(db: sqlite3.Connection, path: str) -> bool:
    """Whether a name is promised to a publication that is on its way."""
    return db.execute("SELECT 1 FROM publications WHERE destination = ?", (path,)).fetchone() is not None
