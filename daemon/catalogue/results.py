"""What becomes of a finished attempt: the plan of what to publish, then the rows that say it is published."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic_core import to_json

from daemon.catalogue import timestamp, transaction
from daemon.catalogue.drops import register
from daemon.catalogue.ledger import note
from daemon.catalogue.queries import sql
from daemon.catalogue.rows import Row, clip_row, frame_rows, score_row
from daemon.jobs import Job, Outcome, Verdict
from pipeline.report import ClipReport

PublicationKind = Literal["output", "categorised", "frames_input", "frames_enhanced", "source"]
_REPORTS = TypeAdapter(list[ClipReport])


class LostLease(Exception):
    """The job was taken from this attempt; what it made is thrown away."""


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
    """Commit to an outcome: from here on a crash is followed by finishing the publication, not by a new attempt.

    A `verdict` sends the job to quarantine. The watched names are registered here, before a file of that name appears.
    Raises LostLease.
    """
    outcome: Outcome = "done" if verdict is None else "quarantined"
    with transaction(db):
        changed = db.execute(
            sql("plan"),
            {
                "id": job.id,
                "attempt": job.attempt,
                "outcome": outcome,
                "reports": to_json(reports, inf_nan_mode="constants").decode(),
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


def owner_of_output(db: sqlite3.Connection, path: str) -> tuple[int, str] | None:
    """The job whose newest result has this name, and that result's hash."""
    query = "SELECT job_id, outputs.hash FROM outputs JOIN clips ON clips.id = clip_id WHERE path = ?"
    row = db.execute(f"{query} ORDER BY outputs.id DESC", (path,)).fetchone()
    return None if row is None else (row[0], row[1])


def is_planned(db: sqlite3.Connection, path: str) -> bool:
    """Whether a name is promised to a publication that is on its way."""
    return db.execute("SELECT 1 FROM publications WHERE destination = ?", (path,)).fetchone() is not None


def finish(db: sqlite3.Connection, job: Job, outcome: Outcome) -> None:
    """All is published: the rows that say so, and the end of the plan, at once."""
    now = timestamp(time.time())
    with transaction(db):
        reports = _REPORTS.validate_json(db.execute("SELECT reports FROM jobs WHERE id = ?", (job.id,)).fetchone()[0])
        publications = planned(db, job.id)
        days: set[tuple[str, str]] = set()
        if outcome == "done":
            before = db.execute(sql("supersede"), (job.id,)).fetchall()
            days = {(row[0], row[1]) for row in before} | {(now[:10], report.category) for report in reports}
        for number, report in enumerate(reports, 1):
            _insert_clip(db, job, number, report, [p for p in publications if p.clip_number == number], now)
        for day, category in days:
            _sum_up(db, day, category)
        moved = [p.destination for p in publications if p.kind == "source"]
        if moved:
            db.execute("DELETE FROM files WHERE path = ? AND hash IS ?", (job.path, job.hash))
        path = moved[0] if moved else job.path
        db.execute(sql("finish"), {"id": job.id, "outcome": outcome, "now": now, "path": path})
        db.execute("DELETE FROM publications WHERE job_id = ?", (job.id,))
        note(db, outcome, job.id)


def _sum_up(db: sqlite3.Connection, day: str, category: str) -> None:
    which = {"day": day, "category": category}
    db.execute(sql("forget_sum"), which)
    db.execute(sql("sum_up"), which)


def _insert_clip(
    db: sqlite3.Connection, job: Job, number: int, report: ClipReport, publications: list[Publication], now: str
) -> None:
    outputs = [p for p in publications if p.kind == "output"]
    categorised = [p.destination for p in publications if p.kind == "categorised"]
    row = clip_row(report) | {
        "job_id": job.id,
        "attempt": job.attempt,
        "number": number,
        "hash": job.hash,
        "output_path": outputs[0].destination if outputs else None,
        "output_bytes": outputs[0].bytes if outputs else None,
        "categorised_path": categorised[0] if categorised else None,
        "finished_at": now,
    }
    clip = insert(db, "clips", row)
    for output in publications:
        if output.hash is None:
            continue
        published = {
            "kind": output.kind,
            "format": output.format,
            "path": output.destination,
            "bytes": output.bytes,
            "hash": output.hash,
        }
        insert(db, "outputs", {"clip_id": clip} | published)
    insert(db, "scores", {"clip_id": clip} | score_row(report.scores))
    frames = [{"clip_id": clip} | frame for frame in frame_rows(report.scores)]
    if frames:
        db.executemany(_insertion("frame_scores", frames[0]), frames)


def insert(db: sqlite3.Connection, table: str, row: Row) -> int:
    """Add a row and return its id."""
    return db.execute(_insertion(table, row), row).lastrowid or 0


def _insertion(table: str, row: Row) -> str:
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})"
