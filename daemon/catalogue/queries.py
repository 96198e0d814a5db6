"""What `status`, `retry` and the metrics ask of the catalogue. Readers need read permission only."""

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from daemon.catalogue import timestamp, transaction


@cache
def sql(name: str) -> str:
    """The text of `queries/<name>.sql`."""
    return (files("daemon.catalogue") / "queries" / f"{name}.sql").read_text()


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A job at work; `share` is 0..1 of the whole, `heartbeat_age_s` the time since it last showed life."""

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
    """A job with an error: quarantined, or queued again."""

    id: int
    name: str
    path: str
    state: str
    failures: int
    error: str
    remedy: str
    at: str


@dataclass(frozen=True, slots=True)
class Status:
    """What the catalogue says now. `states` has a count for each state that occurs.

    `fallback` is the newest reason why a clip was not restored by the restorer asked for, or None; `fallback_clips`
    how many such clips there are.
    """

    states: dict[str, int]
    categories: dict[str, int]
    running: list[RunningJob]
    failures: list[FailedJob]
    oldest_queued_s: float | None
    fallback: str | None
    fallback_clips: int

    @property
    def idle(self) -> bool:
        """Nothing is running and nothing waits."""
        return not any(self.states.get(state) for state in ("queued", "running", "publishing"))


def status(db: sqlite3.Connection, last: int = 5) -> Status:
    """All of it in one look; `last` bounds the failures."""
    fallback = db.execute(sql("fallback")).fetchone()
    oldest = db.execute("SELECT min(dropped_at) FROM jobs WHERE state = 'queued'").fetchone()[0]
    return Status(
        states=dict(tuple(row) for row in db.execute("SELECT state, count(*) FROM jobs GROUP BY state")),
        categories=dict(tuple(row) for row in db.execute(sql("categories"))),
        running=[_running(row) for row in db.execute(sql("running"))],
        failures=[FailedJob(**row) for row in db.execute(sql("failed"), {"last": last})],
        oldest_queued_s=None if oldest is None else age_s(oldest),
        fallback=fallback["fallback"],
        fallback_clips=fallback["clips"],
    )


def age_s(at: str) -> float:
    """Seconds since a time of the catalogue, by the clock of this machine."""
    return max(0.0, time.time() - datetime.fromisoformat(at).astimezone(UTC).timestamp())


def _running(row: sqlite3.Row) -> RunningJob:
    return RunningJob(
        row["id"],
        row["name"],
        row["path"],
        row["attempt"],
        row["stage"] or "starting",
        row["stage_share"] or 0.0,
        age_s(row["claimed_at"]),
        age_s(row["heartbeat_at"]),
    )


def retry(db: sqlite3.Connection, ids: Sequence[int] = (), failed: bool = False, fallback: bool = False) -> list[int]:
    """Queue jobs anew and return their ids: by id, all that failed, all that a fall-back restored.

    A running daemon takes them up within a second; a stopped one at its next start. A job that is queued or at work
    is left as it is, except that one that waits for its next attempt waits no more.
    """
    now = timestamp(time.time())
    chosen = {"ids": f"[{','.join(str(int(i)) for i in ids)}]", "failed": failed, "fallback": fallback, "now": now}
    with transaction(db):
        queued = sorted(row[0] for row in db.execute(sql("retry"), chosen).fetchall())
        db.executemany("INSERT INTO events (at, job_id, event) VALUES (?, ?, 'retried')", [(now, i) for i in queued])
    return queued
