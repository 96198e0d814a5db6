"""Whether a task is alive and keeps to its allowance."""

import time
from dataclasses import dataclass, field

from daemon.execution.errors import Grew, Stopped
from daemon.execution.executor import Allowance
from daemon.execution.usage import Usage

_LIFE_CPU_S = 0.05  # a worker that uses less in all the time it may be silent, and reports nothing, hangs


@dataclass(slots=True)
class Vitals:
    """When a task last showed life: by telling its stage, or by using the processor."""

    allowance: Allowance
    stage: str = "starting"
    _started: float = field(default_factory=time.monotonic)
    _alive_at: float = field(default_factory=time.monotonic)
    _cpu_s: float = 0.0

    def record_stage(self, stage: str) -> None:
        """The task has told what it is doing."""
        self.stage, self._alive_at = stage, time.monotonic()

    def check(self, usage: Usage | None) -> None:
        """Look at what the worker uses. Raises Grew where that is too much, Stopped where it hangs or takes too long.

        Where the usage can't be known (None), it counts as a sign of life.
        """
        now, allowance = time.monotonic(), self.allowance
        if usage is None or abs(usage.cpu_s - self._cpu_s) >= _LIFE_CPU_S:
            self._alive_at = now
            self._cpu_s = usage.cpu_s if usage is not None else 0.0
        if usage is not None and usage.resident_bytes > allowance.memory_mb << 20:
            raise Grew(
                f"it used more than the {allowance.memory_mb} MB of `jobs.memory_limit_mb` in stage {self.stage}"
            )
        if now - self._alive_at > allowance.silence_s:
            raise Stopped(
                f"it showed no life for {allowance.silence_s:g} s (`jobs.lease_seconds`) in stage {self.stage}"
            )
        if now - self._started > allowance.total_s:
            raise Stopped(f"it took more than the {allowance.total_s:g} s of `jobs.time_limit_seconds`")
