"""The children: at work on an attempt, or idle with a warm model."""

import time
from multiprocessing.connection import Connection

from daemon.execution.attempts import Attempt
from daemon.execution.child import Answer, Child
from daemon.folders import Folders
from daemon.jobs import Job
from daemon.settings.config import Config
from pipeline.errors import OutOfMemory

IDLE_CHILD_S = 600.0  # how long a warm model is kept for the next file


class Crew:
    """At most as many attempts at once as there are jobs claimed; a child serves many, one after another."""

    def __init__(self, function: str, folders: Folders) -> None:
        self._function, self._folders = function, folders
        self._idle: list[tuple[Child, float]] = []
        self.attempts: list[Attempt] = []

    def begin(self, job: Job, descriptor: int, settings: Config) -> None:
        """Have a child work on a job. Raises WorkerDied."""
        attempt = Attempt(job, self._idle.pop()[0] if self._idle else Child(), descriptor)
        self.attempts.append(attempt)
        try:
            attempt.begin(self._function, self._folders, settings)
        except BaseException:
            self.drop(attempt)
            raise

    def by_connection(self) -> dict[Connection, Attempt]:
        """Whom to listen to."""
        return {attempt.child.connection: attempt for attempt in self.attempts}

    def end(self, attempt: Attempt, answer: Answer) -> None:
        """The attempt has answered; its child is free. Where memory was short, the next file gets a fresh one."""
        if attempt.job.out_of_memory or isinstance(answer.error, OutOfMemory):
            self.drop(attempt)
            return
        self.attempts.remove(attempt)
        attempt.close()
        self._idle.append((attempt.child, time.monotonic()))

    def drop(self, attempt: Attempt) -> None:
        """End an attempt together with its child."""
        self.attempts.remove(attempt)
        attempt.child.kill()
        attempt.close()

    def retire(self, after_s: float = IDLE_CHILD_S) -> None:
        """End the children that had nothing to do for so long."""
        for idle in [held for held in self._idle if time.monotonic() - held[1] >= after_s]:
            self._idle.remove(idle)
            idle[0].kill()
