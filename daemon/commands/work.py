"""Works on the files of a command line one after another, in a worker process that is replaced when it dies."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from daemon.execution.child import Child
from daemon.execution.errors import CallFailed, WorkerDied
from daemon.folders import readable, shown
from pipeline.errors import PipelineError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """The result for one file, or the sentence that says why there is none."""

    file: Path
    result: T | None = None
    error: str | None = None

    @property
    def complaint(self) -> str:
        """The error, preceded by the file's path unless it begins with the file's name."""
        error = self.error or ""
        return shown(error if error.startswith(readable(self.file.name)) else f"{self.file}: {error}")


def work_on_each(files: list[Path], ask: Callable[[Child, Path], T]) -> Iterator[Outcome[T]]:
    """Yield the outcome of `ask(child, file)` for each file; an error becomes an outcome, and the next file follows."""
    child = Child()
    try:
        for file in files:
            try:
                yield Outcome(file, ask(child, file))
            except (PipelineError, CallFailed, OSError) as error:
                yield Outcome(file, error=str(error))
            except WorkerDied as error:
                child = Child()
                yield Outcome(file, error=str(error))
    finally:
        child.kill()
