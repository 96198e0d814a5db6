"""Files given on the command line, worked on one after another in a worker process that is replaced when it dies."""

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
    """What came of one file: a result, or the sentence that says why not."""

    file: Path
    result: T | None = None
    error: str | None = None

    @property
    def complaint(self) -> str:
        """The error, with the file's name where it does not begin with that."""
        error = self.error or ""
        return shown(error if error.startswith(readable(self.file.name)) else f"{self.file}: {error}")


def each(files: list[Path], ask: Callable[[Child, Path], T]) -> Iterator[Outcome[T]]:
    """Ask for each file in turn; one that fails is told and the next is taken up."""
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
