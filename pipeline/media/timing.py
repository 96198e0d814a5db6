"""Times that frames start at become delays that GIF can hold: multiples of 10 ms, without drift."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from math import ceil
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
UNIT_MS = 10
MAX_MS = 65535 * UNIT_MS
_NEAR = 1e-3  # of an interval: times that differ by less are the same moment


def rounded(timed: Iterable[tuple[T, float]], unit_ms: int = UNIT_MS) -> Iterator[tuple[T, int]]:
    """Items with durations in ms as multiples of `unit_ms`: the running total is rounded, so nothing drifts."""
    total, told = 0.0, 0
    for item, duration in timed:
        total += duration
        shown = unit_ms * round((total - told) / unit_ms)
        told += shown
        yield item, shown


class Shown(NamedTuple, Generic[T]):
    """A frame that was chosen: until when it shows (ms, unrounded), and its delay (ms, a multiple of 10)."""

    item: T
    until_ms: float
    duration_ms: int


def resampled(
    starts: Iterable[tuple[float, T]], stop_ms: Callable[[], float], interval_ms: float, dense: bool
) -> Iterator[Shown[T]]:
    """Of frames that start at the times given (ms, rising), those to show and for how long.

    `dense` puts them on a grid of `interval_ms`, showing at each point the frame of that moment; one that lasts over
    several points is shown once, for longer. Otherwise each keeps its own time, and those that follow another in less
    than 0.7 intervals are left out. A frame that starts before 0 is shown from 0. `stop_ms` is asked after each frame:
    no frame starts at or after it, and the last one ends there. Times are rounded last, so the same frames are chosen
    wherever between two of those chosen counting begins.
    """
    at, kept, chosen = 0.0, list[T](), False
    near = _NEAR * interval_ms
    for start, item in starts:
        if start >= stop_ms():
            break
        then = _on_grid(start, interval_ms) if dense else start
        if then <= near or not kept:
            at, kept = 0.0, [item]
        elif then - at <= near:  # of several at one moment the latest shows
            kept = [item]
        elif dense or then - at >= 0.7 * interval_ms:
            yield Shown(kept[0], then, _unit(then) - _unit(at))
            at, kept, chosen = then, [item], True
    end = stop_ms()
    if kept and (end - at >= UNIT_MS / 2 or not chosen):
        yield Shown(kept[0], end, max(UNIT_MS, _unit(end) - _unit(at)))


def _on_grid(time_ms: float, interval_ms: float) -> float:
    return ceil(time_ms / interval_ms - _NEAR) * interval_ms


def _unit(time_ms: float) -> int:
    return UNIT_MS * round(time_ms / UNIT_MS)


def differences(starts: Iterable[tuple[float, T]], last_ms: Callable[[T], float]) -> Iterator[tuple[T, float]]:
    """Each item with the time (ms) until the next starts; the last one's is asked for."""
    ended = chain(((s, [i]) for s, i in starts), [(None, [])])
    for (start, items), (following, _) in pairwise(ended):
        assert start is not None
        yield items[0], last_ms(items[0]) if following is None else following - start
