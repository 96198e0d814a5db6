"""The executor of one machine: a child process for each task at work, and idle ones with warm models."""

import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import BinaryIO

from pydantic import ValidationError

from daemon.execution.bell import Bell
from daemon.execution.calls import RESTORE_FILE, Request
from daemon.execution.child import Answer, Child, Stage
from daemon.execution.errors import Stopped, WorkerDied
from daemon.execution.executor import Event, Failed, Finished, Progress, Task, TaskKey
from daemon.execution.usage import usage_of
from daemon.execution.vitals import Vitals
from pipeline.errors import OutOfMemory
from pipeline.report import ClipReport

CHECK_S = 1.0  # how often the tasks are compared with their allowances


@dataclass(slots=True)
class _Running:
    task: Task
    child: Child
    request: Request[list[ClipReport]]
    vitals: Vitals


@dataclass(frozen=True, slots=True)
class _Idle:
    child: Child
    since: float = field(default_factory=time.monotonic)


class LocalExecutor:
    """Implements `Executor`. A child serves many tasks, one after another.

    `stand_in` names a module whose functions the children call instead of the pipeline's functions of the same name.
    """

    def __init__(self, bell: Bell, stand_in: str | None = None) -> None:
        self._bell, self._stand_in = bell, stand_in
        self._running: dict[TaskKey, _Running] = {}
        self._idle: list[_Idle] = []
        self._failed_starts: list[Event] = []
        self._next_check = 0.0

    def start(self, task: Task, source: BinaryIO) -> None:
        """Hand a task to an idle child, or to a new one."""
        try:
            child = self._idle.pop().child if self._idle else Child(self._stand_in)
        except OSError as error:
            self._failed_starts.append(Failed(task.key, error))
            return
        running = _Running(task, child, _request(task), Vitals(task.allowance))
        self._running[task.key] = running
        try:
            child.send(running.request, source, progress=True)
        except WorkerDied as error:
            self.cancel(task.key)
            self._failed_starts.append(Failed(task.key, error))
        except BaseException:
            self.cancel(task.key)
            raise

    def wait(self, timeout_s: float) -> list[Event]:
        """Take one message of each child that has one, then stop the tasks that exceed their allowance."""
        events, self._failed_starts = self._failed_starts, []
        children: dict[Connection, _Running] = {r.child.connection: r for r in self._running.values()}
        for connection in self._bell.wait(0 if events else timeout_s, list(children)):
            events.append(self._receive_event(children[connection]))
        if time.monotonic() >= self._next_check:
            self._next_check = time.monotonic() + CHECK_S
            events += [event for running in list(self._running.values()) if (event := self._stop_excess(running))]
        return events

    def cancel(self, key: TaskKey) -> None:
        """Kill the child that works on a task."""
        self._failed_starts = [event for event in self._failed_starts if event.task != key]
        running = self._running.pop(key, None)
        if running is not None:
            running.child.kill()

    def retire_idle(self, after_s: float) -> None:
        """End the children that had no task for so long."""
        now = time.monotonic()
        retired = [idle for idle in self._idle if now - idle.since >= after_s]
        self._idle = [idle for idle in self._idle if idle not in retired]
        for idle in retired:
            idle.child.kill()

    def close(self) -> None:
        """End all children."""
        for key in list(self._running):
            self.cancel(key)
        self.retire_idle(after_s=0)

    def _receive_event(self, running: _Running) -> Event:
        key = running.task.key
        try:
            message = running.child.receive()
        except WorkerDied as error:
            self.cancel(key)
            return Failed(key, error)
        if isinstance(message, Stage):
            running.vitals.record_stage(message.name)
            return Progress(key, message.name, message.share)
        self._free_child(running, message)
        if message.error is not None:
            return Failed(key, message.error)
        try:
            return Finished(key, running.request.to_result(message.result))
        except ValidationError as error:
            return Failed(key, error)

    def _free_child(self, running: _Running, answer: Answer) -> None:
        """Keep the child for the next task, unless memory was short: then the next task gets a fresh one."""
        if running.task.spares_memory or isinstance(answer.error, OutOfMemory):
            self.cancel(running.task.key)
            return
        del self._running[running.task.key]
        self._idle.append(_Idle(running.child))

    def _stop_excess(self, running: _Running) -> Event | None:
        """Stop a task that hangs, has grown too large or takes too long."""
        try:
            running.vitals.check(usage_of(running.child.pid))
        except Stopped as error:
            self.cancel(running.task.key)
            return Failed(running.task.key, error)
        return None


def _request(task: Task) -> Request[list[ClipReport]]:
    return RESTORE_FILE(
        source=task.source,
        into=task.staging,
        settings=task.settings,
        name=task.name,
        category=task.category,
        reference=task.reference,
        mark=task.mark,
    )
