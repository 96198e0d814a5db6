"""The types that all packages of the daemon share: a claimed job, and the verdict on a failed attempt."""

from dataclasses import dataclass
from typing import Literal, get_args

from pipeline.report import Category

Kind = Literal["gif", "video"]
Outcome = Literal["done", "quarantined"]
State = Literal["queued", "running", "publishing", "done", "quarantined", "duplicate", "gone", "superseded"]
STATES: tuple[State, ...] = get_args(State)  # in the order in which they are shown


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job."""

    id: int
    attempt: int
    failures: int
    out_of_memory: int
    hash: str | None
    name: str
    kind: Kind
    path: str
    dropped_path: str
    size_bytes: int
    mtime_ns: int
    category_overruled: Category | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a failed attempt: what it means for the job.

    `permanent`: the job is quarantined at once. `counts`: the failure counts towards `jobs.max_attempts`; otherwise
    the job just waits. `memory`: memory ran out, so the next attempt must use less.
    """

    kind: str
    error: str
    remedy: str
    permanent: bool = False
    counts: bool = True
    memory: bool = False
