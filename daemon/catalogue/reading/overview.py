"""Reads what was dropped and finished since a time: counts, scores and flicker by category, failures, clips to show."""

import math
import sqlite3
from dataclasses import dataclass

from daemon.catalogue.reading.scores import Fidelity, Flicker, ScoresByCategory, fidelity, flicker
from daemon.catalogue.reading.status import read_states
from daemon.catalogue.sql import query
from daemon.folders import CATEGORIES
from daemon.jobs import State
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
    """A clip to show before and after; the paths are the catalogue's text, `start_ms` its place in `before`."""

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
    """What `gifrestored report` shows. `since` is a time of the catalogue, or empty for everything.

    `scores` has those of each clip, which the plots show and which `fidelity` and `flicker` sum up; one that is NULL in
    the catalogue is NaN here.
    """

    since: str
    states: dict[State, int]
    totals: list[CategoryTotal]
    scores: ScoresByCategory
    failures: list[FailureKind]
    pairs: list[Pair]

    @property
    def fidelity(self) -> list[Fidelity]:
        """How close the results are to their references, by category."""
        return fidelity(self.scores)

    @property
    def flicker(self) -> list[Flicker]:
        """How steady the results are, by category."""
        return flicker(self.scores)


def read_overview(db: sqlite3.Connection, since: str = "", pairs_of_a_category: int = 3) -> Overview:
    """Read the overview; `since` is a time as `timestamp` writes it, or empty for everything."""
    parameters = {"since": since}
    return Overview(
        since=since,
        states=read_states(db, since),
        totals=[CategoryTotal(**row) for row in db.execute(query("report_categories"), parameters)],
        scores=_scores_by_category(db, since),
        failures=[FailureKind(**row) for row in db.execute(query("report_failures"), parameters)],
        pairs=[
            Pair(**row)
            for category in CATEGORIES
            for row in db.execute(
                query("report_pairs"), parameters | {"category": category, "most": pairs_of_a_category}
            )
        ],
    )


def _scores_by_category(db: sqlite3.Connection, since: str) -> ScoresByCategory:
    scores: ScoresByCategory = {}
    for row in db.execute(query("report_scores"), {"since": since}):
        scores.setdefault(row["category"], []).append(_scores(row))
    return scores


def _scores(row: sqlite3.Row) -> Scores:
    names = ("psnr_db", "sharpness_input", "sharpness_output")  # these are never None in a report
    values = dict(row) | {name: math.nan for name in names if row[name] is None}
    del values["category"]
    return Scores(**values)
