"""A claimed job, and what a failed attempt means for it: the types that all rooms share."""

from dataclasses import dataclass
from typing import Literal, get_args

from pipeline.report import Category

Kind = Literal["gif", "video"]
Outcome = Literal["done", "quarantined"]
State = Literal["queued", "running", "publishing", "done", "quarantined", "duplicate", "gone", "superseded"]
STATES: tuple[State, ...] = get_args(State)  # in the order in which people see them


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
    """What a failed attempt means for its job.

    `permanent`: the job is quarantined at once. `counts`: the failure counts towards `jobs.max_attempts`, else the job
    just waits. `memory`: memory ran out, so the next attempt holds less at once.
    """

    kind: str
    error: str
    remedy: str
    permanent: bool = False
    counts: bool = True
    memory: bool = False
