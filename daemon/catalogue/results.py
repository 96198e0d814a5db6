"""Writes the rows of published results: a job's clips with their files, scores and frames, and the totals over them."""

import sqlite3
import time

from daemon.catalogue.database import timestamp, transaction
from daemon.catalogue.frame_folders import record_frames
from daemon.catalogue.ledger import record_event
from daemon.catalogue.publications import Publication, planned_publications
from daemon.catalogue.report_rows import Row, clip_row, frame_rows, score_row
from daemon.catalogue.sql import statement
from daemon.jobs import Job, Outcome
from daemon.report_codec import from_json
from pipeline.report import ClipReport


def owner_of_output(db: sqlite3.Connection, path: str) -> tuple[int, str] | None:
    """Return the job that published the newest result of this name, and the result's hash; None if there is none."""
    query = "SELECT job_id, outputs.hash FROM outputs JOIN clips ON clips.id = clip_id WHERE path = ?"
    row = db.execute(f"{query} ORDER BY outputs.id DESC", (path,)).fetchone()
    return None if row is None else (row[0], row[1])


def latest_outputs(db: sqlite3.Connection, job: int) -> dict[str, str]:
    """Return the files of a job's latest clips, path → hash."""
    rows = db.execute(
        "SELECT path, outputs.hash FROM outputs JOIN clips ON clips.id = clip_id WHERE job_id = ? AND is_latest", (job,)
    )
    return {row[0]: row[1] for row in rows}


def finish_job(db: sqlite3.Connection, job: Job, outcome: Outcome) -> None:
    """Write the rows of a job whose files are all published, and delete its plan, in one transaction."""
    now = timestamp(time.time())
    with transaction(db):
        text = db.execute("SELECT reports FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
        reports = from_json(text, list[ClipReport])
        publications = planned_publications(db, job.id)
        days: set[tuple[str, str]] = set()
        if outcome == "done":
            before = db.execute(statement("supersede"), (job.id,)).fetchall()
            days = {(row[0], row[1]) for row in before} | {(now[:10], report.category) for report in reports}
        for number, report in enumerate(reports, 1):
            _insert_clip(db, job, number, report, [p for p in publications if p.clip_number == number], now)
        for day, category in days:
            _update_totals(db, day, category)
        new_places = [p.destination for p in publications if p.kind == "source"]
        if new_places:
            db.execute("DELETE FROM files WHERE path = ? AND hash IS ?", (job.path, job.hash))
        path = new_places[0] if new_places else job.path
        db.execute(statement("finish"), {"id": job.id, "outcome": outcome, "now": now, "path": path})
        db.execute("DELETE FROM publications WHERE job_id = ?", (job.id,))
        record_event(db, outcome, job.id)


def _update_totals(db: sqlite3.Connection, day: str, category: str) -> None:
    parameters = {"day": day, "category": category}
    db.execute(statement("forget_sum"), parameters)
    db.execute(statement("sum_up"), parameters)


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
            record_frames(db, output.destination, clip)
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
