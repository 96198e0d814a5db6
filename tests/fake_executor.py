"""Does tasks in this process: the second implementation of `Executor`, for tests.

What a file's words say is what happens to it, as in `fake_pipeline`; whatever takes time only takes the clock's.
"""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import fake_pipeline

from daemon.execution.bell import Bell
from daemon.execution.errors import CallFailed, Grew, Stopped, WorkerDied
from daemon.execution.executor import Event, Failed, Finished, Progress, Task, TaskKey
from pipeline.errors import PipelineError

FOREVER_S = 1000.0


@dataclass
class Running:
    task: Task
    source: Path
    words: dict[str, str]
    unheard: deque[Progress]
    started: float = field(default_factory=time.monotonic)

    @property
    def needs_s(self) -> float:
        return FOREVER_S if "hang" in self.words else float(self.words.get("sleep", 0))

    def stopped(self) -> Exception | None:
        """What its executor ends it with, if it has exceeded its allowance."""
        passed_s, allowance = time.monotonic() - self.started, self.task.allowance
        if int(self.words.get("grow", 0)) > allowance.memory_mb:
            return Grew(f"it used more than the {allowance.memory_mb} MB")
        if passed_s > allowance.silence_s:
            return Stopped(f"it showed no life for {allowance.silence_s:g} s")
        return Stopped(f"it took more than the {allowance.total_s:g} s") if passed_s > allowance.total_s else None


class FakeExecutor:
    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._running: dict[TaskKey, Running] = {}

    def start(self, task: Task, source: BinaryIO) -> None:
        path = Path(f"/proc/self/fd/{source.fileno()}")
        stages = deque([Progress(task.key, "measure", 0.0), Progress(task.key, "restore", 0.5)])
        self._running[task.key] = Running(task, path, fake_pipeline.words_of(path), stages)

    def wait(self, timeout_s: float) -> list[Event]:
        now = time.monotonic()
        due_s = [0.0 if r.unheard else r.started + r.needs_s - now for r in self._running.values()]
        self._bell.wait(max(0.0, min([timeout_s, *due_s])))
        return [event for running in list(self._running.values()) for event in self._events_of(running)]

    def cancel(self, key: TaskKey) -> None:
        self._running.pop(key, None)

    def retire_idle(self, after_s: float) -> None:
        """There are none: this process does it all."""

    def close(self) -> None:
        self._running.clear()

    def _events_of(self, running: Running) -> Iterator[Event]:
        key = running.task.key
        if running.unheard:
            yield running.unheard.popleft()
        elif error := running.stopped():
            self.cancel(key)
            yield Failed(key, error)
        elif time.monotonic() >= running.started + running.needs_s:
            self.cancel(key)
            yield outcome_of(running)


def outcome_of(running: Running) -> Event:
    task = running.task
    if "die" in running.words:
        return Failed(task.key, WorkerDied("the worker was ended by SIGSEGV before it had an answer"))
    try:
        reports = fake_pipeline.restore_file(
            running.source,
            task.staging,
            task.settings,
            lambda stage, share: None,
            task.name,
            task.category,
            task.reference,
            sleep=lambda seconds: None,
        )
    except PipelineError as error:
        return Failed(task.key, error)
    except Exception as error:
        return Failed(task.key, CallFailed(type(error).__name__, str(error), getattr(error, "errno", None)))
    return Finished(task.key, reports)
