"""The daemon of the soaks, a process of its own: `python -m benchmarks.soak.stand_in OPTIONS`, as JSON.

It is the real daemon; only its worker is told to call `tests/fake_pipeline.py`, which does what a file's words say.
"""

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from daemon import steps
from daemon.execution.local import LocalExecutor
from daemon.inbox import inbox
from daemon.service import service, supervisor, upkeep
from daemon.settings.config import Config, Jobs, Log, Watch

Victim = Literal["daemon", "worker", "both"]


@dataclass(frozen=True, slots=True)
class Options:
    """`hour_s`: how long an hour lasts, for what the daemon does by the minute or hour. `trace`: a file that always
    holds the step last taken. `kill` names a step, at whose nth time the victim is killed, and `killed` a file that
    then gets one byte longer."""

    root: str
    once: bool = False
    settle_s: float = 0.05
    rescan_s: float = 120.0
    level: Literal["debug", "error"] = "error"
    workers: int = 1
    max_attempts: int = 10_000
    lease_s: float = 5.0
    min_free_mb: int = 0
    hour_s: float = 3600.0
    trace: str = ""
    kill: str = ""
    nth: int = 1
    victim: Victim = "daemon"
    killed: str = ""

    def to_json(self) -> str:
        """As the process is given it."""
        return json.dumps(asdict(self))

    def config(self) -> Config:
        """What the daemon is told."""
        jobs = Jobs(
            max_attempts=self.max_attempts,
            retry_seconds=0.05,
            min_free_mb=self.min_free_mb,
            lease_seconds=self.lease_s,
        )
        return Config(
            data_root=Path(self.root),
            workers=self.workers,
            outputs=("gif", "webp"),
            keep_frames=True,
            watch=Watch(settle_seconds=self.settle_s, rescan_seconds=self.rescan_s),
            jobs=jobs,
            log=Log(level=self.level, format="json"),
        )


def children_of(pid: int) -> list[int]:
    """The processes that a process's main thread started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def main(options: Options) -> int:
    """Run until SIGTERM, or until nothing is left to do."""
    shorter = options.hour_s / 3600
    inbox.HEALTH_S = max(0.2, inbox.HEALTH_S * shorter)
    upkeep.EXPIRY_S *= shorter
    supervisor.IDLE_WORKER_S = max(1.0, supervisor.IDLE_WORKER_S * shorter)
    if options.trace:
        steps.listen(_Trace(options.trace).note)
    if options.kill:
        steps.listen(_Killer(options).look)
    make_executor = partial(LocalExecutor, stand_in="fake_pipeline")
    return service.run(options.config(), options.once, options.config, make_executor)


class _Trace:
    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def note(self, step: steps.Step) -> None:
        os.pwrite(self._file, step.ljust(16).encode(), 0)


class _Killer:
    def __init__(self, options: Options) -> None:
        self._options, self._taken = options, 0

    def look(self, step: steps.Step) -> None:
        self._taken += step == self._options.kill
        if step != self._options.kill or self._taken != self._options.nth:
            return
        workers = children_of(os.getpid()) if self._options.victim != "daemon" else []
        if workers or self._options.victim != "worker":
            with Path(self._options.killed).open("a") as tally:
                tally.write("x")
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        if self._options.victim != "worker":
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(Options(**json.loads(sys.argv[1]))))
