"""One attempt at one job, in a child: begun, watched, ended."""

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from daemon.execution.child import Answer, Child, Progress, usage
from daemon.execution.errors import Grew, Stopped
from daemon.folders import Folders
from daemon.inbox.arrivals import takes
from daemon.jobs import Job
from daemon.publishing.names import clip_name
from daemon.settings.config import Config

_LIFE_CPU_S = 0.05  # a child that uses less within a lease, and reports nothing, hangs


def find_reference(folders: Folders, name: str) -> Path | None:
    """The undamaged original of the same stem, if there is one among the files that are a medium by their names."""
    try:
        found = sorted(p for p in folders.reference.iterdir() if p.stem == name and takes(p.name, ()) and p.is_file())
    except OSError:
        return None
    return found[0] if found else None


def sparing(settings: Config, out_of_memory: int) -> Config:
    """The settings for a job whose attempts ran out of memory so often: one face at a time, ever shorter windows."""
    if not out_of_memory:
        return settings
    return replace(settings, batch=1, window_megapixels=settings.window_megapixels / 2**out_of_memory)


@dataclass(slots=True)
class Attempt:
    """A job, the child that works on it, and when it last showed life: by telling progress, or by using the CPU."""

    job: Job
    child: Child
    descriptor: int
    stage: str = "starting"
    share: float = 0.0
    started: float = field(default_factory=time.monotonic)
    alive_at: float = field(default_factory=time.monotonic)
    told_at: float = 0.0
    _cpu_s: float = 0.0

    def begin(self, function: str, folders: Folders, settings: Config) -> None:
        """Hand the job to the child. Raises WorkerDied."""
        staging = folders.staging(self.job.id, self.job.attempt)
        staging.mkdir(parents=True, exist_ok=True)
        self.child.start(
            function,
            self.descriptor,
            progress=True,
            source=folders.absolute(self.job.path),
            into=staging,
            settings=sparing(settings, self.job.out_of_memory),
            name=clip_name(self.job),
            category=self.job.category_overruled,
            reference=find_reference(folders, folders.absolute(self.job.name).name),
        )

    def hear(self) -> Answer | None:
        """Take one message; the answer, where it was that. Raises WorkerDied."""
        message = self.child.receive()
        self.alive_at = time.monotonic()
        if not isinstance(message, Progress):
            return message
        if message.stage != self.stage:
            self.told_at = 0.0  # a new stage is told at once
        self.stage, self.share = message.stage, message.share
        return None

    def check(self, settings: Config) -> None:
        """Raise Stopped where the child hangs, has grown too large or takes too long."""
        now, jobs = time.monotonic(), settings.jobs
        used = usage(self.child.pid)
        if used is None or abs(used.cpu_s - self._cpu_s) >= _LIFE_CPU_S:
            self.alive_at = now
            self._cpu_s = used.cpu_s if used is not None else 0.0
        if used is not None and used.resident_bytes > jobs.memory_limit_mb << 20:
            raise Grew(
                f"it used more than the {jobs.memory_limit_mb} MB of `jobs.memory_limit_mb` in stage {self.stage}"
            )
        if now - self.alive_at > jobs.lease_seconds:
            raise Stopped(
                f"it showed no life for {jobs.lease_seconds:g} s (`jobs.lease_seconds`) in stage {self.stage}"
            )
        if now - self.started > jobs.time_limit_seconds:
            raise Stopped(f"it took more than the {jobs.time_limit_seconds:g} s of `jobs.time_limit_seconds`")

    def close(self) -> None:
        """Let go of the input."""
        os.close(self.descriptor)
