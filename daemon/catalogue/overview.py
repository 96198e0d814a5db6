"""What `report` and `export` ask of the catalogue."""

import math
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from daemon.catalogue.queries import sql
from daemon.folders import CATEGORIES
from pipeline.report import Category, Scores


@dataclass(frozen=True, slots=True)
class CategoryTotal:
    """The clips of one category, summed up."""

    category: Category
    clips: int
    frames: int
    faces: int
    fallbacks: int
    seconds: float


@dataclass(frozen=True, slots=True)
class FailureKind:
    """How many jobs failed in one way, and the newest of them."""

    kind: str
    jobs: int
    at: str
    name: str
    error: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A clip to be shown before and after; the paths are the catalogue's text, `start_ms` its place in `before`."""

    name: str
    category: Category
    restorer: str
    reference: str | None
    psnr_db: float | None
    tmse_input: float | None
    tmse_output: float | None
    duration_ms: int
    start_ms: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What was dropped and what was finished since a time of the catalogue; a score that is NULL there is NaN here."""

    since: str
    states: dict[str, int]
    totals: list[CategoryTotal]
    scores: dict[Category, list[Scores]]
    failures: list[FailureKind]
    pairs: list[Pair]


def overview(db: sqlite3.Connection, since: str = "", pairs_of_a_category: int = 3) -> Overview:
    """All of it; `since` as `timestamp` writes it, or empty for everything."""
    when = {"since": since}
    scores: dict[Category, list[Scores]] = {}
    for row in db.execute(sql("report_scores"), when):
        scores.setdefault(row["category"], []).append(_scores(row))
    return Overview(
        since=since,
        states=dict(tuple(row) for row in db.execute(sql("report_jobs"), when)),
        totals=[CategoryTotal(**row) for row in db.execute(sql("report_categories"), when)],
        scores=scores,
        failures=[FailureKind(**row) for row in db.execute(sql("report_failures"), when)],
        pairs=[
            Pair(**row)
            for category in CATEGORIES
            for row in db.execute(sql("report_pairs"), when | {"category": category, "most": pairs_of_a_category})
        ],
    )


def _scores(row: sqlite3.Row) -> Scores:
    names = ("psnr_db", "sharpness_input", "sharpness_output")  # these are never None in a report
    values = dict(row) | {name: math.nan for name in names if row[name] is None}
    del values["category"]
    return Scores(**values)


def rows(db: sqlite3.Connection) -> tuple[dict[str, str], Iterator[sqlite3.Row]]:
    """Each clip as it is now, one row each, after the columns' names and types (INTEGER, REAL or TEXT)."""
    cursor = db.execute(sql("export"))
    types = dict(tuple(row) for row in db.execute("SELECT name, type FROM pragma_table_info('latest')"))
    return {column[0]: types.get(column[0], "TEXT") for column in cursor.description}, cursor
