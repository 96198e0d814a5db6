"""What a finished attempt still has to publish: planned before a file is moved, deleted when all is in place."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from daemon.catalogue.database import timestamp, transaction
from daemon.catalogue.drops import register_file
from daemon.catalogue.ledger import record_event
from daemon.catalogue.sql import statement
from daemon.jobs import Job, Outcome, Verdict
from daemon.report_codec import to_json
from pipeline.report import ClipReport

PublicationKind = Literal["output", "categorised", "frames_input", "frames_enhanced", "source"]


class LostLease(Exception):
    """The attempt has lost its lease, so its results must be thrown away."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One file or folder of frames to move from `staged` to `destination`; paths are the catalogue's text.

    `replaces` is the hash of this job's own earlier file of that name. `id` is 0 until the publication is planned.
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


def plan_outcome(
    db: sqlite3.Connection,
    job: Job,
    reports: list[ClipReport],
    publications: Sequence[Publication],
    verdict: Verdict | None = None,
) -> None:
    """Commit to a job's outcome: after a crash the daemon finishes publishing and makes no new attempt.

    A `verdict` sends the job to quarantine. Files to be made in the watched folders are registered here, before they
    appear. Raises LostLease.
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
            raise LostLease(f"attempt {job.attempt} at job {job.id} has lost its lease")
        for publication in publications:
            _insert_publication(db, job, publication)
            if publication.kind in ("categorised", "source"):
                register_file(db, publication.destination, publication.hash, publication.bytes, publication.mtime_ns)
        record_event(db, "publishing", job.id, outcome)


def _insert_publication(db: sqlite3.Connection, job: Job, publication: Publication) -> None:
    values: dict[str, Any] = {name.strip(): getattr(publication, name.strip()) for name in _COLUMNS.split(",")}
    marks = ", ".join(f":{name}" for name in values)
    db.execute(f"INSERT INTO publications (job_id, {_COLUMNS}) VALUES (:job, {marks})", values | {"job": job.id})


def planned_publications(db: sqlite3.Connection, job: int) -> list[Publication]:
    """Return the publications of a job, in the order in which to carry them out."""
    rows = db.execute(f"SELECT id, {_COLUMNS} FROM publications WHERE job_id = ? ORDER BY id", (job,))
    return [Publication(**row) for row in rows]


def publishing_jobs(db: sqlite3.Connection, due_only: bool = True) -> list[tuple[Job, Outcome]]:
    """Return the jobs that are being published, with their outcomes; `due_only` leaves out those that still wait."""
    columns = ", ".join(Job.__dataclass_fields__)
    rows = db.execute(
        f"SELECT {columns}, outcome FROM jobs WHERE state = 'publishing' AND (not_before <= ? OR NOT ?) ORDER BY id",
        (timestamp(time.time()), due_only),
    )
    return [(Job(**{k: row[k] for k in Job.__dataclass_fields__}), row["outcome"]) for row in rows]


def rename_publication(db: sqlite3.Connection, publication: Publication, destination: str) -> Publication:
    """Give a publication another destination, because somebody's file has taken its name meanwhile."""
    with transaction(db):
        db.execute(
            "UPDATE publications SET destination = ?, replaces = NULL WHERE id = ?", (destination, publication.id)
        )
        if publication.kind in ("categorised", "source"):
            db.execute("DELETE FROM files WHERE path = ? AND origin = 'daemon'", (publication.destination,))
            register_file(db, destination, publication.hash, publication.bytes, publication.mtime_ns)
    return replace(publication, destination=destination, replaces=None)


def leave_input(db: sqlite3.Connection, publication: Publication) -> None:
    """Drop the publication that would move an input: the file stays where it is."""
    with transaction(db):
        db.execute("DELETE FROM publications WHERE id = ?", (publication.id,))
        db.execute("DELETE FROM files WHERE path = ? AND origin = 'daemon'", (publication.destination,))


def discard_plan(db: sqlite3.Connection, job: Job) -> None:
    """Delete a job's plan and queue the job again, because its staged files are lost."""
    with transaction(db):
        db.execute("DELETE FROM publications WHERE job_id = ?", (job.id,))
        db.execute("UPDATE jobs SET state = 'queued', outcome = NULL, reports = NULL WHERE id = ?", (job.id,))
        record_event(db, "released", job.id, "its staged files are gone")


def is_planned(db: sqlite3.Connection, path: str) -> bool:
    """Return whether a path is the destination of a planned publication."""
    return db.execute("SELECT 1 FROM publications WHERE destination = ?", (path,)).fetchone() is not None
