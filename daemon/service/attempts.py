"""An attempt at a job, as the supervisor tracks it, and the task that the executor gets for it."""

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
    """A running job, its open input and its progress. `recorded_at` is when the catalogue last got the progress."""

    job: Job
    source: BinaryIO
    stage: str = "starting"
    share: float = 0.0
    recorded_at: float = 0.0

    @property
    def key(self) -> TaskKey:
        """Return the key under which the executor knows this attempt."""
        return TaskKey(self.job.id, self.job.attempt)

    def update(self, stage: str, share: float) -> bool:
        """Store the task's progress. Return whether the task has begun a new stage."""
        is_new, self.stage, self.share = stage != self.stage, stage, share
        return is_new


def task_of(job: Job, folders: Folders, settings: Config) -> Task:
    """Describe the task for a job, and create its staging folder. Raises OSError."""
    staging = folders.staging(job.id, job.attempt)
    make_again(staging.parent)  # never the data root: if that is gone, the daemon waits for it
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
    """Return the limits that the settings put on one task."""
    return Allowance(jobs.memory_limit_mb, jobs.time_limit_seconds, jobs.lease_seconds)


def find_reference(folders: Folders, stem: str) -> Path | None:
    """Return the undamaged original with the same stem, if any. Files without a media file's name are ignored."""
    try:
        files = sorted(p for p in folders.reference.iterdir() if p.stem == stem and takes(p.name, ()) and p.is_file())
    except OSError:
        return None
    return files[0] if files else None


def sparing(settings: Config, out_of_memory: int) -> Config:
    """Return settings that need less memory: one face at a time, and half the window for each `out_of_memory`."""
    if not out_of_memory:
        return settings
    return replace(settings, batch=1, window_megapixels=settings.window_megapixels / 2**out_of_memory)
