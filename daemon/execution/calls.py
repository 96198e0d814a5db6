"""The table of what a worker can be asked: each function of the pipeline, bound to its types.

`child.call(MEASURE_FILE(source=path, settings=settings, name="cat"))`: the type checker compares the arguments and the
result with the function itself, which only the worker imports.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar

from daemon.report_codec import from_values
from pipeline.report import ClipReport, Measurement, VideoReport

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Request(Generic[R]):
    """One call with its arguments by name, ready to be sent; `function` is a dotted name."""

    function: str
    arguments: dict[str, Any]
    returns: type[R]

    def to_result(self, answer: Any) -> R:
        """Make the result out of the plain JSON values of an answer. Raises ValueError where they are none."""
        return from_values(answer, self.returns)


class Call(Generic[P, R]):
    """An entry of the table; called with the arguments of its function, by name, it makes a `Request`.

    `function` is the function only to the type checker; at run time it is the dotted name. The argument `progress` is
    the worker's to give.
    """

    def __init__(self, function: Callable[P, R], returns: type[R]) -> None:
        self._function, self._returns = str(function), returns

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Request[R]:
        """Bind the arguments. Raises TypeError for one without its name."""
        if args:
            raise TypeError(f"{self._function}: give every argument by its name")
        return Request(self._function, kwargs, self._returns)


@dataclass(frozen=True, slots=True)
class Names:
    """Stands for a module that this process must not import: its attributes are dotted names."""

    module: str

    def __getattr__(self, function: str) -> str:
        return f"{self.module}.{function}"


if TYPE_CHECKING:
    from pipeline import run
    from pipeline.scoring import contact_sheet, plots
else:
    run = Names("pipeline.run")
    contact_sheet, plots = Names("pipeline.scoring.contact_sheet"), Names("pipeline.scoring.plots")

RESTORE_FILE = Call(run.restore_file, list[ClipReport])
RESTORE_WHOLE_VIDEO = Call(run.restore_whole_video, VideoReport)
MEASURE_FILE = Call(run.measure_file, dict[str, Measurement])
DRAW_PLOTS = Call(plots.draw, dict[str, str])
DRAW_PAIR = Call(contact_sheet.pair, tuple[str, str])
