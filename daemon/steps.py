"""The named steps of a job, so that a test can kill the daemon at each of them."""

from collections.abc import Callable
from typing import Literal, get_args

Step = Literal[
    "recorded",
    "claimed",
    "restored",
    "planned",
    "linked",
    "published",
    "moved",
    "finished",
    "cleaned",
]
STEPS: tuple[Step, ...] = get_args(Step)

_listeners: list[Callable[[Step], None]] = []


def listen(listener: Callable[[Step], None]) -> None:
    """Call `listener` with the name of each step as it is reached."""
    _listeners.append(listener)


def reached(step: Step) -> None:
    """Report a completed step to every listener."""
    for listener in _listeners:
        listener(step)
