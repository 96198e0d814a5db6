"""Upscaling traces, read from what repeats along rows and columns.

Gallagher 2005 ("Detection of linear and cubic interpolation in JPEG compressed images"): the second derivative of an
enlarged picture varies with the period of the enlargement; its mean over the columns shows that period as a peak.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.categorise.sample import Float32

_BINS = 512
_TREND = 17  # px, longer than any period that counts
_SMALLEST = 48  # px
_SLOWEST = 0.11  # cycles/px
_EIGHTH = _BINS // 8
_GRID = 5.0  # prominence of 1/8 and 3/8: a block codec's grid, no enlargement


@dataclass(frozen=True, slots=True)
class Enlargement:
    """`factor` ≥ 1 and its `prominence`: the peak over the typical magnitude of the trace's spectrum."""

    factor: float
    prominence: float


def enlargement(greys: Float32) -> Enlargement | None:
    """Find by how much (N, H, W) float32 frames were enlarged; None below 48 px, or where nothing repeats."""
    if min(greys.shape[1:]) < _SMALLEST:
        return None
    across = _spectrum(greys)
    down = _spectrum(greys.transpose(0, 2, 1))
    both = np.sqrt(across * down)
    frequency = np.fft.rfftfreq(_BINS)
    both[frequency < _SLOWEST] = 0.0
    if both[_EIGHTH] > _GRID and both[3 * _EIGHTH] > _GRID:
        return None
    peak = int(both.argmax())
    return Enlargement(float(1.0 / frequency[peak]), float(both[peak]))


def _spectrum(greys: Float32) -> NDArray[np.float64]:
    second = np.abs(2 * greys[:, :, 1:-1] - greys[:, :, :-2] - greys[:, :, 2:])
    trace = np.log(second.mean(axis=(0, 1)) + 0.05)
    trend = np.convolve(np.pad(trace, _TREND // 2, mode="reflect"), np.full(_TREND, 1 / _TREND), mode="valid")
    spectrum = np.abs(np.fft.rfft((trace - trend) * np.hanning(len(trace)), n=_BINS))
    return np.asarray(spectrum / max(1e-9, float(np.median(spectrum[20:]))))
