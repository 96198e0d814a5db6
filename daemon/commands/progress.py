"""Shows the progress of long work on standard error: bars on a terminal, elsewhere a line for each tenth."""

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from daemon.folders import shown


class Bars:
    """A context manager that shows a progress bar for each name."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[detail]}"),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=self._console, disable=not self._console.is_terminal, transient=True)
        self._tasks: dict[str, TaskID] = {}
        self._last_lines: dict[str, str] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()

    def show(self, name: str, detail: str, share: float) -> None:
        """Say that `share` (0 to 1) of `name` is done, `detail` being what is done at the moment."""
        name = shown(name)
        if self._console.is_terminal:
            task = self._tasks.get(name)
            if task is None:
                task = self._tasks[name] = self._bars.add_task(name, total=1.0, detail=detail)
            self._bars.update(task, completed=share, detail=detail)
        elif (line := f"{name}: {detail}, {int(share * 10) * 10} %") != self._last_lines.get(name):
            self._last_lines[name] = line
            print(line, file=sys.stderr, flush=True)

    def bytes(self, name: str) -> Callable[[int, int], None]:
        """Return the progress callback that `pipeline.networks.weights.download.pull` takes, for a download `name`."""
        return lambda done, total: self.show(name, f"{total // 1_000_000} MB", done / total)

    def print(self, text: str) -> None:
        """Print a line that stays, and remove the bars of the work before it."""
        for task in self._tasks.values():
            self._bars.remove_task(task)
        self._tasks.clear()
        self._bars.refresh()
        self._console.print(shown(text), markup=False, soft_wrap=True)
