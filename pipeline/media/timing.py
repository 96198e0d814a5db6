"""Times that frames start at become delays that GIF can hold: multiples of 10 ms, without drift."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from math import ceil
from typing import TypeVar

T = TypeVar("T")
UNIT_MS = 10
MAX_MS = 65535 * UNIT_MS
_TOO_SHORT_MS, _SHOWN_MS = 10, 100  # what players do with delays that once meant "as fast as you can"


def shown_ms(duration_ms: int) -> int:
    """How long players show a frame of an animation: 100 ms where the file says 10 or less."""
    return duration_ms if duration_ms > _TOO_SHORT_MS else _SHOWN_MS


def rounded(timed: Iterable[tuple[T, float]], unit_ms: int = UNIT_MS) -> Iterator[tuple[T, int]]:
    """Items with durations in ms as multiples of `unit_ms`: the running total is rounded, so nothing drifts."""
    total, told = 0.0, 0
    for item, duration in timed:
        total += duration
        shown = unit_ms * round((total - told) / unit_ms)
        told += shown
        yield item, shown


def resampled(
    starts: Iterable[tuple[float, T]], stop_ms: Callable[[], float], interval_ms: float, dense: bool
) -> Iterator[tuple[T, int]]:
    """Of frames that start at the times given (ms, rising), those to show and for how long (ms, multiples of 10).

    `dense` puts them on a grid of `interval_ms`, showing at each point the frame of that moment; one that lasts over
    several points is shown once, for longer. Otherwise each keeps its own rounded time, and those that follow another
    in less than 0.7 intervals are left out. A frame that starts before 0 is shown from 0. `stop_ms` is asked after
    each frame: no frame starts at or after it, and the last one ends there.
    """
    at, kept = 0, list[T]()
    for start, item in starts:
        if start >= stop_ms():
            break
        then = _snap(max(start, 0.0), interval_ms, dense)
        if start <= 0 or not kept:
            at, kept = 0, [item]
        elif then == at:  # of several at one moment the latest shows
            kept = [item]
        elif dense or then - at >= 0.7 * interval_ms:
            yield kept[0], then - at
            at, kept = then, [item]
    end = UNIT_MS * round(stop_ms() / UNIT_MS)
    if kept and end > at:
        yield kept[0], end - at


def _snap(time_ms: float, interval_ms: float, dense: bool) -> int:
    if dense:
        time_ms = ceil(time_ms / interval_ms - 1e-3) * interval_ms
    return UNIT_MS * round(time_ms / UNIT_MS)


def differences(starts: Iterable[tuple[float, T]], last_ms: Callable[[T], float]) -> Iterator[tuple[T, float]]:
    """Each item with the time (ms) until the next starts; the last one's is asked for."""
    ended = chain(((s, [i]) for s, i in starts), [(None, [])])
    for (start, items), (following, _) in pairwise(ended):
        assert start is not None
        yield items[0], last_ms(items[0]) if following is None else following - start
