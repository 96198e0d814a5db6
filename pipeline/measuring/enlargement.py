"""Decides how many times a picture was enlarged: from periodic traces, from where its spectrum ends, from empty blocks.

"Prominence" is a peak's height over its spectrum, as in `resolution.Traces`.
"""

import numpy as np

from pipeline.measuring.resolution import GRID, Traces
from pipeline.measuring.spectrum import Fit

_SLOW = 0.19  # cycles/px; scenes have periods of their own below it
_CERTAIN, _CERTAIN_SLOW = 7.0, 12.0  # prominence of a period that proves an enlargement by itself
_WHOLE = 22.0  # prominence that only whole-number factors reach
_LIKELY, _WEAK = 4.0, 2.7  # prominence that the spectrum must confirm, the weak one clearly
_WORSE = 0.15  # dB
_SOFT = 1.3  # factor by the edges; below it, there was no enlargement
_AGREED = 5.0  # prominence that the edges must confirm
_BY_EDGES, _BY_EDGES_DOUBLED = 0.25, 0.3  # largest difference from the factor by the edges, in its logarithm
_BETTER, _NOT_WORSE, _MUCH_WORSE = 0.1, -0.2, -1.0  # dB by which an enlargement fits better than any blur
_MIRRORED, _MIRRORED_AGREED, _MIRRORED_LIKELY = 30.0, 15.0, 6.0
_SAME = 0.15  # largest difference of equal factors, in their logarithm
_CUT_OFF = 0.8  # dB by which an enlargement must fit better than none
_ALONE, _ALONE_AGREED = 0.45, 0.3  # dB by which it must fit better than any blur, with no period; if edges agree
_EMPTY_BLOCKS_PX = 1.2
_EDGE_OF_ENLARGED = 0.4  # standard deviation of an enlarged picture's edges, in its own pixels


def factor(
    fitted: Fit | None, repeats: Traces | None, blur_px: float, dithered: bool, stepped: bool, streaked: bool
) -> float:
    """Return the factor of the enlargement, 1 for none.

    `dithered` says that dither hides the end of the spectrum, `stepped` that a palette's steps fill it, `streaked`
    that the blur has a direction. A picture whose codec blocks hold no detail counts as enlarged too; its edges give
    the factor.
    """
    if repeats and repeats.copied > 1.0:
        return repeats.copied
    by_trace = _by_trace(fitted, repeats, blur_px, stepped) if repeats else None
    if by_trace:
        return by_trace
    if repeats and repeats.grid > GRID and blur_px > _EMPTY_BLOCKS_PX and not streaked:
        return blur_px / _EDGE_OF_ENLARGED
    if fitted is None or dithered or _gain(fitted) < _CUT_OFF:
        return 1.0
    agreed = _apart(fitted.factor, max(1.1, blur_px / _EDGE_OF_ENLARGED)) < _BY_EDGES
    better = fitted.blurred_db - fitted.enlarged_db
    return fitted.factor if better > (_ALONE_AGREED if agreed else _ALONE) else 1.0


def _by_trace(fitted: Fit | None, repeats: Traces, blur_px: float, stepped: bool) -> float | None:
    """Return the factor by the periodic traces: alone if they are strong, else confirmed by edges or spectrum."""
    by_edges = max(1.1, blur_px / _EDGE_OF_ENLARGED)
    better = fitted.blurred_db - fitted.enlarged_db if fitted else 0.0
    guess = float(by_edges ** (2 / 3) * fitted.factor ** (1 / 3)) if fitted else by_edges
    by_period = 1.0 / repeats.frequency if repeats.period > _WHOLE else _nearest(repeats.frequency, guess)
    ended = fitted is None or stepped or _gain(fitted) > _CUT_OFF
    if repeats.period > _WHOLE or (ended and _is_period(repeats, by_period, by_edges, better)):
        return by_period
    agreed = _apart(2.0, by_edges) < _BY_EDGES_DOUBLED and better > _NOT_WORSE
    if repeats.mirrored > (_MIRRORED_AGREED if agreed else _MIRRORED):
        return 2.0
    soft = by_edges > _SOFT
    return _confirmed(fitted, repeats, by_period, soft) if fitted and _gain(fitted) > _CUT_OFF else None


def _is_period(repeats: Traces, by_period: float, by_edges: float, better: float) -> bool:
    """Whether a period comes from an enlargement: it is strong enough, or the edges give the same factor."""
    if repeats.frequency <= _SLOW:
        return repeats.period > _CERTAIN_SLOW and better > _MUCH_WORSE
    agreed = repeats.period > _AGREED and _apart(by_period, by_edges) < _BY_EDGES and better > _BETTER
    return agreed or (repeats.period > _CERTAIN and better > _MUCH_WORSE)


def _confirmed(fitted: Fit, repeats: Traces, by_period: float, soft: bool) -> float | None:
    """Return the factor if a weak trace and the spectrum agree on it."""
    worse = fitted.enlarged_db - fitted.blurred_db
    if repeats.mirrored > _MIRRORED_LIKELY and worse < 0.3 and _apart(fitted.factor, 2.0) < 2 * _SAME:
        return 2.0
    if _apart(by_period, fitted.factor) > _SAME:
        return None
    weak = soft and repeats.frequency > _SLOW and repeats.period > _WEAK and worse < -_BETTER
    return by_period if weak or (repeats.period > _LIKELY and worse < _WORSE) else None


def _nearest(frequency: float, guess: float) -> float:
    """Return the factor nearest to `guess` whose trace has `frequency`: sampling makes 1.5 look like 3."""
    return float(min((1.0 / frequency, 1.0 / (1.0 - frequency)), key=lambda factor: _apart(factor, guess)))


def _apart(one: float, other: float) -> float:
    return float(abs(np.log(one / other)))


def _gain(fitted: Fit) -> float:
    return fitted.clean_db - fitted.enlarged_db
