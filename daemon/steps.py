"""The named steps of a job's travel, so that a test can stop the daemon dead at each of them."""

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
    """Tell that a step has just been taken."""
    for listener in _listeners:
        listener(step)
