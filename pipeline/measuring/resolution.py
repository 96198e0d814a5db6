"""Finds periods along rows and columns: the period of an enlargement, and the grid of a block codec.

The second derivative of an enlarged picture varies with the period of the enlargement (Gallagher 2005, "Detection of
linear and cubic interpolation in JPEG compressed images"). At twice the size, the two phases of an interpolation mirror
each other, and only an odd derivative shows the period: the third for smooth kernels, the first for repeated pixels.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Float32, Float64

_BINS = 512
_TREND = 17  # px, longer than any period of interest
_SMALLEST = 48  # px
_SLOWEST = 61  # bin; lower ones would be enlargements above eight times
_SLOW = 97  # bin
_EIGHTH, _HALF = _BINS // 8, _BINS // 2
_CHANGED = 0.005  # of a column's pixels; a column with fewer changes is a copy of the one before
_COPIES = 0.15  # of the columns; fewer copies do not count
_ALIKE = 0.15  # of the factor, by which columns and rows may differ
_REGULAR = 0.9  # of the distances
_MIN_DISTANCES = 8
GRID = 2.2  # prominence; from here on, a period of eight is a codec's
_HARMONIC = 0.5
_THIRD = 1.5
_SCENE = 0.5  # weight of the slow bins, where scenes have rhythms of their own
_OVERTONE = 3.0  # times a codec's grid; a weaker alternation is an overtone of the grid
_ROUNDING = 1.5  # levels; rounding to 8 bits alone gives such derivatives all over a smooth picture


@dataclass(frozen=True, slots=True)
class Traces:
    """Prominences: the magnitude of a peak divided by the typical magnitude of its spectrum.

    `copied` is how often each pixel is repeated: 1 unless the picture was enlarged by repeating pixels. `period` is the
    prominence at `frequency` (cycles/px), the strongest period of the second derivative. `mirrored` is that of an
    alternation of the third derivative, which only a doubled picture has. `grid` is that of a codec's blocks of eight.
    """

    copied: float
    frequency: float
    period: float
    mirrored: float
    grid: float


def traces(greys: Float32) -> Traces | None:
    """Find the periods of (N, H, W) float32 frames; None if a side is below 48 px."""
    if min(greys.shape[1:]) < _SMALLEST:
        return None
    first, second, third = _derivative_spectra(greys)
    copied = _repetition(greys[:2])
    grid = 0.0 if copied > 1.0 or _is_interpolated(second) else max(_blocks_of_eight(s) for s in (first, second))
    second[:_SLOWEST] = 0.0
    if grid > GRID:
        for overtone in range(_EIGHTH, _HALF + 1, _EIGHTH):
            second[overtone - 5 : overtone + 6] = 0.0
    peak = max(_SLOWEST, _fundamental(second))
    mirrored = 0.0 if third[_HALF] < _OVERTONE * grid else float(third[_HALF])
    return Traces(copied, peak / _BINS, float(second[peak]), mirrored, grid)


def _repetition(greys: Float32) -> float:
    """Return the mean distance of columns and rows that differ from the one before; 1 if it is not regular."""
    across, down = (_distance(g) for g in (greys, greys.transpose(0, 2, 1)))
    return (across + down) / 2.0 if min(across, down) > 1.0 and abs(across - down) < _ALIKE * across else 1.0


def _distance(greys: Float32) -> float:
    changed = np.flatnonzero((greys[:, :, 1:] != greys[:, :, :-1]).mean(axis=(0, 1)) > _CHANGED)
    distances = np.diff(changed)
    if len(distances) < _MIN_DISTANCES or not distances.mean() > 1.0 / (1.0 - _COPIES):
        return 1.0
    mean = float(np.median(distances) if np.median(distances) > 1 else distances.mean())
    regular = np.abs(distances - mean) < 1.0
    return float(distances[regular].mean()) if regular.mean() > _REGULAR else 1.0


def _is_interpolated(second: Float64) -> bool:
    """Whether the period of 8 px is an enlargement by 8/5 or 8/3: its overtone is then stronger than that of blocks."""
    first, _, third = (second[n * _EIGHTH - 1 : n * _EIGHTH + 2].max() for n in (1, 2, 3))
    return bool(third > _THIRD * first)


def _blocks_of_eight(spectrum: Float64) -> float:
    """Return the weakest of three overtones of 1/8; averaging against dither halves the middle one."""
    return float(min(spectrum[_EIGHTH], 2.0 * spectrum[2 * _EIGHTH], spectrum[3 * _EIGHTH]))


def _fundamental(spectrum: Float64) -> int:
    """Return the lowest bin with a large share of the highest magnitude, since peaks repeat at multiples."""
    peak = int((spectrum * np.where(np.arange(len(spectrum)) < _SLOW, _SCENE, 1.0)).argmax())
    for part in (4, 3, 2):
        near = round(peak / part)
        low, high = near - 2, near + 3
        if near >= _SLOWEST and spectrum[low:high].max() > _HARMONIC * spectrum[peak]:
            return low + int(spectrum[low:high].argmax())
    return peak


def _derivative_spectra(greys: Float32) -> list[Float64]:
    """Return the spectra of the first three derivatives' traces, averaged over rows and columns."""
    across, down = _derivative_sizes(greys), _derivative_sizes(greys.transpose(0, 2, 1))
    return [np.sqrt(_spectrum(x) * _spectrum(y)) for x, y in zip(across, down, strict=True)]


def _derivative_sizes(greys: Float32) -> list[Float64]:
    """Return the mean size of each derivative along x for each column; one frame at a time fits the cache."""
    sums = [np.zeros(greys.shape[2] - order) for order in (1, 2, 3)]
    for frame in greys:
        derivative = np.ascontiguousarray(frame)
        for total in sums:
            derivative = derivative[:, 1:] - derivative[:, :-1]
            size = np.abs(derivative)
            np.maximum(np.subtract(size, _ROUNDING, out=size), 0.0, out=size)
            np.add(total, size.mean(axis=0), out=total)
    return [total / len(greys) for total in sums]


def _spectrum(trace: Float64) -> Float64:
    trace = np.log(trace + 0.05)
    trend = np.convolve(np.pad(trace, _TREND // 2, mode="reflect"), np.full(_TREND, 1 / _TREND), mode="valid")
    spectrum = np.abs(np.fft.rfft((trace - trend) * np.hanning(len(trace)), n=_BINS))
    return np.asarray(spectrum / max(1e-9, float(np.median(spectrum[20:]))))
