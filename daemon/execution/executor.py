"""What the supervisor says to the one who does its tasks, and what it hears: plain data both ways."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol

from pipeline.report import Category, ClipReport
from pipeline.settings import Settings


class TaskKey(NamedTuple):
    """Names a task: a job and the number of the attempt at it."""

    job: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a task may use before its executor stops it.

    `memory_mb` of resident memory, `total_s` seconds from start to end, `silence_s` seconds without a sign of life.
    """

    memory_mb: int
    total_s: float
    silence_s: float


@dataclass(frozen=True, slots=True)
class Task:
    """One file to restore into the folder `staging`, which is there.

    `source` is the name of the file; its content is the open input that `Executor.start` is given. Clips are named
    after `name`, `category` overrules the measured one, and `reference` is an undamaged original to score against.
    The GIFs that are made of a video's clips carry the `mark`, if there is one.
    After a task that has `spares_memory` its worker ends, because earlier attempts ran out of memory.
    """

    key: TaskKey
    source: Path
    staging: Path
    settings: Settings
    name: str
    allowance: Allowance
    category: Category | None = None
    reference: Path | None = None
    mark: str = ""
    spares_memory: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """A task is at work in `stage`, and `share` (0 to 1) of the whole is done."""

    task: TaskKey
    stage: str
    share: float


@dataclass(frozen=True, slots=True)
class Finished:
    """A task has ended well: its clips lie in its staging folder."""

    task: TaskKey
    reports: list[ClipReport]


@dataclass(frozen=True, slots=True)
class Failed:
    """A task has ended with an error: of `pipeline.errors`, or of `daemon.execution.errors`."""

    task: TaskKey
    error: Exception


Event = Progress | Finished | Failed


class Executor(Protocol):
    """Does tasks side by side. It is made with the `Bell` that ends its `wait`, and used by one thread.

    A task that was started has exactly one end: `Finished`, `Failed`, or a call of `cancel`.
    """

    def start(self, task: Task, source: BinaryIO) -> None:
        """Begin a task on the content of `source`, whatever becomes of the name of that file.

        The caller keeps `source` open until the task has ended. A task that can't be begun is heard of as `Failed`.
        """

    def wait(self, timeout_s: float) -> list[Event]:
        """Wait until a task has something to tell, the bell rings or the time is up; return what is new, in order.

        It also stops the tasks that exceed their allowance, so it must be called about once a second.
        """

    def cancel(self, key: TaskKey) -> None:
        """End a task at once. When this returns, nothing writes to its staging folder, and no event of it follows.

        A task that has ended, or was never started, is passed over.
        """

    def retire_idle(self, after_s: float) -> None:
        """Let go of the workers, and the models that they hold, that had no task for so many seconds."""

    def close(self) -> None:
        """Cancel every task and let go of every worker."""
