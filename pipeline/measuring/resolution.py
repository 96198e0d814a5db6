"""What repeats along rows and columns: the period of an enlargement, and the grid of a block codec.

Gallagher 2005 ("Detection of linear and cubic interpolation in JPEG compressed images"): the second derivative of an
enlarged picture varies with the period of the enlargement. At twice the size both phases of an interpolation mirror
each other, which only an odd derivative sees: the third for smooth kernels, the first for repeated pixels.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Float32, Float64

_BINS = 512
_TREND = 17  # px, longer than any period that counts
_SMALLEST = 48  # px
_SLOWEST = 61  # bin: nothing above eight-fold
_SLOW = 97  # bin
_EIGHTH, _HALF = _BINS // 8, _BINS // 2
_CHANGED = 0.005  # of a column's pixels, from which it differs from the one before
_COPIES = 0.15  # of the columns, the fewest that count
_ALIKE = 0.15  # of the enlargement, by which that of columns and rows may differ
_REGULAR = 0.9  # of the distances
_FEWEST = 8
GRID = 2.2  # prominence from which blocks of eight are a codec's
_HARMONIC = 0.5
_THIRD = 1.5
_SCENE = 0.5  # weight of the slow bins, where scenes have rhythms of their own
_OVERTONE = 3.0  # of a codec's grid: an alternation weaker than this is its overtone
_ROUNDING = 1.5  # levels of a derivative that rounding to 8 bits makes by itself, all over a smooth picture


@dataclass(frozen=True, slots=True)
class Traces:
    """Prominences, each a peak's magnitude over the typical one of its spectrum.

    `copied` is how often each pixel stands there, 1 in any picture but one enlarged by repeating pixels.
    `period` belongs to `frequency` (cycles/px), the strongest period of the second derivative; `mirrored` to an
    alternation of the third, which only a doubled picture has; `grid` to a codec's blocks of eight.
    """

    copied: float
    frequency: float
    period: float
    mirrored: float
    grid: float


def traces(greys: Float32) -> Traces | None:
    """Find what repeats in (N, H, W) float32 frames; None below 48 px."""
    if min(greys.shape[1:]) < _SMALLEST:
        return None
    first, second, third = _spectra(greys)
    copied = _copied(greys[:2])
    grid = 0.0 if copied > 1.0 or _is_interpolated(second) else max(_blocks_of_eight(s) for s in (first, second))
    second[:_SLOWEST] = 0.0
    if grid > GRID:
        for overtone in range(_EIGHTH, _HALF + 1, _EIGHTH):
            second[overtone - 5 : overtone + 6] = 0.0
    peak = max(_SLOWEST, _fundamental(second))
    mirrored = 0.0 if third[_HALF] < _OVERTONE * grid else float(third[_HALF])
    return Traces(copied, peak / _BINS, float(second[peak]), mirrored, grid)


def _copied(greys: Float32) -> float:
    """Return the mean distance of the columns and rows that differ from the one before, where that is regular."""
    across, down = (_distance(g) for g in (greys, greys.transpose(0, 2, 1)))
    return (across + down) / 2.0 if min(across, down) > 1.0 and abs(across - down) < _ALIKE * across else 1.0


def _distance(greys: Float32) -> float:
    differs = np.flatnonzero((greys[:, :, 1:] != greys[:, :, :-1]).mean(axis=(0, 1)) > _CHANGED)
    distances = np.diff(differs)
    if len(distances) < _FEWEST or not distances.mean() > 1.0 / (1.0 - _COPIES):
        return 1.0
    mean = float(np.median(distances) if np.median(distances) > 1 else distances.mean())
    regular = np.abs(distances - mean) < 1.0
    return float(distances[regular].mean()) if regular.mean() > _REGULAR else 1.0


def _is_interpolated(second: Float64) -> bool:
    """Tell an enlargement by 8/5 or 8/3, which repeats every 8 px too, by an overtone greater than blocks have."""
    first, _, third = (second[n * _EIGHTH - 1 : n * _EIGHTH + 2].max() for n in (1, 2, 3))
    return bool(third > _THIRD * first)


def _blocks_of_eight(spectrum: Float64) -> float:
    """Return the least of three overtones of 1/8; averaged dither leaves little of the middle one."""
    return float(min(spectrum[_EIGHTH], 2.0 * spectrum[2 * _EIGHTH], spectrum[3 * _EIGHTH]))


def _fundamental(spectrum: Float64) -> int:
    """Return the lowest bin whose magnitude is a good part of the greatest: peaks repeat at multiples."""
    peak = int((spectrum * np.where(np.arange(len(spectrum)) < _SLOW, _SCENE, 1.0)).argmax())
    for part in (4, 3, 2):
        near = round(peak / part)
        low, high = near - 2, near + 3
        if near >= _SLOWEST and spectrum[low:high].max() > _HARMONIC * spectrum[peak]:
            return low + int(spectrum[low:high].argmax())
    return peak


def _spectra(greys: Float32) -> list[Float64]:
    """Return the spectra of the first three derivatives' traces, the mean of both ways."""
    across, down = _traces(greys), _traces(greys.transpose(0, 2, 1))
    return [np.sqrt(_spectrum(x) * _spectrum(y)) for x, y in zip(across, down, strict=True)]


def _traces(greys: Float32) -> list[Float64]:
    """Return the mean size of each derivative along x by its column; frame by frame, as one stays in the cache."""
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
