"""Reads what is going on: jobs by state, the running ones, the newest failures, and clips restored by a fall-back."""

import sqlite3
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from daemon.catalogue.sql import query
from daemon.jobs import State
from pipeline.report import Category


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A running job; `share` is 0 to 1 of the whole, `heartbeat_age_s` the time since its last progress report."""

    id: int
    name: str
    path: str
    attempt: int
    stage: str
    share: float
    running_s: float
    heartbeat_age_s: float


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job with an error: quarantined, or queued again. `at` is when its last attempt ended or began."""

    id: int
    name: str
    path: str
    state: State
    failures: int
    error: str
    remedy: str
    at: str


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the data root. `states` has a count for each state that occurs, `categories` one of clips for each.

    `fallback` is the newest reason why a clip was not restored by the restorer asked for, or None; `fallback_clips`
    how many such clips there are.
    """

    states: dict[State, int]
    categories: dict[Category, int]
    running: list[RunningJob]
    failures: list[FailedJob]
    oldest_queued_s: float | None
    fallback: str | None
    fallback_clips: int

    @property
    def idle(self) -> bool:
        """Whether nothing is running and nothing waits."""
        return not any(self.states.get(state) for state in ("queued", "running", "publishing"))


def read_status(db: sqlite3.Connection, most_failures: int = 5) -> Status:
    """Read the status, with at most `most_failures` failures, the newest first."""
    fallback = db.execute(query("fallback")).fetchone()
    oldest = db.execute("SELECT min(dropped_at) FROM jobs WHERE state = 'queued'").fetchone()[0]
    return Status(
        states=read_states(db),
        categories=dict(tuple(row) for row in db.execute(query("categories"))),
        running=[_running(row) for row in db.execute(query("running"))],
        failures=[FailedJob(**row) for row in db.execute(query("failed"), {"last": most_failures})],
        oldest_queued_s=None if oldest is None else _age_s(oldest),
        fallback=fallback["fallback"],
        fallback_clips=fallback["clips"],
    )


def read_states(db: sqlite3.Connection, since: str = "") -> dict[State, int]:
    """Count the jobs in each state that occurs, of those dropped since a time (see `timestamp`)."""
    return dict(tuple(row) for row in db.execute(query("states"), {"since": since}))


def _age_s(at: str) -> float:
    """Return the seconds since a time of the catalogue, by this machine's clock."""
    return max(0.0, time.time() - datetime.fromisoformat(at).astimezone(UTC).timestamp())


def _running(row: sqlite3.Row) -> RunningJob:
    return RunningJob(
        row["id"],
        row["name"],
        row["path"],
        row["attempt"],
        row["stage"] or "starting",
        row["stage_share"] or 0.0,
        _age_s(row["claimed_at"]),
        _age_s(row["heartbeat_at"]),
    )
