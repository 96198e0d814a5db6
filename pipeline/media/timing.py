"""Turns the times at which frames start into delays that GIF can hold: multiples of 10 ms, without drift."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from math import ceil
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
UNIT_MS = 10
MAX_MS = 65535 * UNIT_MS
_SAME_MOMENT = 1e-3  # of an interval: times that differ by less count as one


def rounded(timed: Iterable[tuple[T, float]], unit_ms: int = UNIT_MS) -> Iterator[tuple[T, int]]:
    """Yield each item with its duration rounded to `unit_ms`. The running total is rounded, so errors do not add up."""
    total, total_yielded = 0.0, 0
    for item, duration in timed:
        total += duration
        rounded_duration = unit_ms * round((total - total_yielded) / unit_ms)
        total_yielded += rounded_duration
        yield item, rounded_duration


class Shown(NamedTuple, Generic[T]):
    """A selected frame: when it stops showing (ms, unrounded) and its delay (ms, a multiple of 10)."""

    item: T
    until_ms: float
    duration_ms: int


def resampled(
    starts: Iterable[tuple[float, T]], stop_ms: Callable[[], float], interval_ms: float, dense: bool
) -> Iterator[Shown[T]]:
    """Select frames at most every `interval_ms`, from frames and their start times (ms, rising).

    If `dense`, time is a grid of `interval_ms`: each grid point shows the frame of that moment, and a frame that lasts
    over several points is shown once, for longer. Otherwise each frame keeps its own time, and a frame that follows
    another in less than 0.7 intervals is left out. A frame that starts before 0 is shown from 0. `stop_ms` is called
    after each frame: no frame starts at or after it, and the last one ends there. Times are rounded last, so that
    sampling from any later moment selects the same frames.
    """
    shown_from, current, has_yielded = 0.0, list[T](), False
    same_moment = _SAME_MOMENT * interval_ms
    for start, item in starts:
        if start >= stop_ms():
            break
        moment = _on_grid(start, interval_ms) if dense else start
        if moment <= same_moment or not current:
            shown_from, current = 0.0, [item]
        elif moment - shown_from <= same_moment:  # of several frames at one moment the latest shows
            current = [item]
        elif dense or moment - shown_from >= 0.7 * interval_ms:
            yield Shown(current[0], moment, _in_units(moment) - _in_units(shown_from))
            shown_from, current, has_yielded = moment, [item], True
    end = stop_ms()
    if current and (end - shown_from >= UNIT_MS / 2 or not has_yielded):
        yield Shown(current[0], end, max(UNIT_MS, _in_units(end) - _in_units(shown_from)))


def _on_grid(time_ms: float, interval_ms: float) -> float:
    return ceil(time_ms / interval_ms - _SAME_MOMENT) * interval_ms


def _in_units(time_ms: float) -> int:
    return UNIT_MS * round(time_ms / UNIT_MS)


def differences(starts: Iterable[tuple[float, T]], last_ms: Callable[[T], float]) -> Iterator[tuple[T, float]]:
    """Yield each item with the time (ms) until the next one starts; `last_ms` gives the duration of the last item."""
    ended = chain(((s, [i]) for s, i in starts), [(None, [])])
    for (start, items), (following, _) in pairwise(ended):
        assert start is not None
        yield items[0], last_ms(items[0]) if following is None else following - start
