"""An attempt at a job, as the supervisor knows it, and the task that it asks an executor to do."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from daemon.execution.executor import Allowance, Task, TaskKey
from daemon.folders import Folders
from daemon.inbox.arrivals import takes
from daemon.inbox.marks import mark_of
from daemon.jobs import Job
from daemon.publishing.names import clip_name
from daemon.publishing.publish import make_again
from daemon.settings.config import Config, Jobs


@dataclass(slots=True)
class Attempt:
    """A job that is worked on, its open input, and how far it is; `recorded_at` is when the catalogue was last told."""

    job: Job
    source: BinaryIO
    stage: str = "starting"
    share: float = 0.0
    recorded_at: float = 0.0

    @property
    def key(self) -> TaskKey:
        """What its executor calls it."""
        return TaskKey(self.job.id, self.job.attempt)

    def update(self, stage: str, share: float) -> bool:
        """Take over how far the task is; returns whether it has begun a new stage."""
        is_new, self.stage, self.share = stage != self.stage, stage, share
        return is_new


def task_of(job: Job, folders: Folders, settings: Config) -> Task:
    """Describe what is to be done for a job, and make its staging folder. Raises OSError."""
    staging = folders.staging(job.id, job.attempt)
    make_again(staging.parent)  # never the data root: where that is gone, it is waited for
    staging.mkdir(exist_ok=True)
    return Task(
        key=TaskKey(job.id, job.attempt),
        source=folders.absolute(job.path),
        staging=staging,
        settings=sparing(settings, job.out_of_memory),
        name=clip_name(job),
        allowance=allowance_of(settings.jobs),
        category=job.category_overruled,
        reference=find_reference(folders, folders.absolute(job.name).name),
        mark=mark_of(job.hash) if job.hash else "",
        spares_memory=job.out_of_memory > 0,
    )


def allowance_of(jobs: Jobs) -> Allowance:
    """What one task may use by the settings."""
    return Allowance(jobs.memory_limit_mb, jobs.time_limit_seconds, jobs.lease_seconds)


def find_reference(folders: Folders, stem: str) -> Path | None:
    """The undamaged original with the same stem, if there is one; a file that is no medium by its name is none."""
    try:
        files = sorted(p for p in folders.reference.iterdir() if p.stem == stem and takes(p.name, ()) and p.is_file())
    except OSError:
        return None
    return files[0] if files else None


def sparing(settings: Config, out_of_memory: int) -> Config:
    """The settings for a job whose attempts ran out of memory so often: one face at a time, ever shorter windows."""
    if not out_of_memory:
        return settings
    return replace(settings, batch=1, window_megapixels=settings.window_megapixels / 2**out_of_memory)
