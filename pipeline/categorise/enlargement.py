"""How many times a picture was enlarged, decided from what repeats, from the spectrum's end, and from empty blocks."""

import numpy as np

from pipeline.categorise.resolution import GRID, Traces
from pipeline.categorise.spectrum import Fit

_CERTAIN = 7.0  # prominence of a period that needs no other witness
_CERTAIN_SLOW = 12.0  # the same below 0.19 cycles/px, where scenes have rhythms of their own
_WHOLE = 30.0  # prominence that only whole factors reach
_LIKELY = 4.0  # prominence that the spectrum must confirm
_MIRRORED, _MIRRORED_LIKELY = 30.0, 7.0
_SAME = 0.15  # of the logarithm of two factors
_CUT_OFF = 0.8  # dB by which an enlargement must fit better than none
_ALONE = 0.45  # dB by which it must fit better than any blur, where nothing repeats
_EMPTY_BLOCKS_PX = 1.2
_EDGE_OF_ENLARGED = 0.4  # standard deviation of an enlarged picture's edges, in its own pixels


def factor(fitted: Fit | None, repeats: Traces | None, blur_px: float, palette: bool, streaked: bool) -> float:
    """Return the enlargement, 1 for none.

    `palette` says that dither hides the spectrum's end, `streaked` that the blur has a direction. A codec's blocks
    with nothing finer inside them are an enlarged picture too: its edges tell by how much.
    """
    if repeats and repeats.repeated:
        return 2.0
    by_trace = _by_trace(fitted, repeats, blur_px) if repeats else None
    if by_trace:
        return by_trace
    if repeats and repeats.grid > GRID and blur_px > _EMPTY_BLOCKS_PX and not streaked:
        return blur_px / _EDGE_OF_ENLARGED
    if fitted is None or palette or _gain(fitted) < _CUT_OFF:
        return 1.0
    return fitted.factor if fitted.blurred_db - fitted.enlarged_db > _ALONE else 1.0


def _by_trace(fitted: Fit | None, repeats: Traces, blur_px: float) -> float | None:
    by_edges = max(1.1, blur_px / _EDGE_OF_ENLARGED)
    guess = float(by_edges ** (2 / 3) * fitted.factor ** (1 / 3)) if fitted else by_edges
    read = 1.0 / repeats.frequency if repeats.period > _WHOLE else _nearest(repeats.frequency, guess)
    if repeats.period > (_CERTAIN if repeats.frequency > 0.19 else _CERTAIN_SLOW):
        return read
    if repeats.mirrored > _MIRRORED:
        return 2.0
    return _confirmed(fitted, repeats, read) if fitted and _gain(fitted) > _CUT_OFF else None


def _confirmed(fitted: Fit, repeats: Traces, read: float) -> float | None:
    """Return the enlargement where a weak trace and the spectrum agree."""
    worse = fitted.enlarged_db - fitted.blurred_db
    if repeats.mirrored > _MIRRORED_LIKELY and worse < 0.3 and abs(np.log(fitted.factor / 2.0)) < 2 * _SAME:
        return 2.0
    same = worse < 0.1 and abs(np.log(read / fitted.factor)) < _SAME
    return read if repeats.period > _LIKELY and same else None


def _nearest(frequency: float, guess: float) -> float:
    """Return the enlargement whose trace has `frequency`: sampling makes 1.5 look like 3, so the nearest to `guess`."""
    return float(min((1.0 / frequency, 1.0 / (1.0 - frequency)), key=lambda factor: abs(np.log(factor / guess))))


def _gain(fitted: Fit) -> float:
    return fitted.clean_db - fitted.enlarged_db
