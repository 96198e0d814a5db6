"""The median of many figures, with the range that half of them lie in."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and the two quartiles around it, in the unit of the figures; one figure alone has no quartiles."""

    median: float
    quartiles: tuple[float, float] | None = None


def spread_of(figures: Iterable[float | None]) -> Spread | None:
    """Return the spread of the finite numbers among the figures, or None if there are none."""
    finite = [figure for figure in figures if figure is not None and math.isfinite(figure)]
    if len(finite) < 2:
        return Spread(finite[0]) if finite else None
    low, median, high = quantiles(finite, n=4, method="inclusive")
    return Spread(median, (low, high))
