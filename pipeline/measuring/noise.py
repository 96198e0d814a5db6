"""Measures noise in 8-bit levels: its spectrum separates it from dither, the choice of flat blocks from texture.

The method is that of Ponomarenko et al. 2007 ("An automatic approach to lossy compression of AVIRIS images"). The
flattest 8 × 8 DCT blocks are chosen by their low frequencies. The noise is then read from the other coefficients,
which the choice does not bias.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pipeline.arrays import Bool, Float32, UInt8
from pipeline.motion.flow import flow, luma

_SIDE = 8
_FLATTEST = 0.15
_STEADIEST = 0.7  # a difference has no texture; and the darkest blocks alone would hide shot noise
_MIN_BLOCKS = 16
_CLIPPED = (0.0, 0.1, 0.5)  # shares of black and white values, each allowed if the one before leaves too few blocks
_ALIGNED = 0.3  # px; largest distance from a whole-pixel shift
_ORDER = np.add.outer(np.arange(_SIDE), np.arange(_SIDE))
_LOW = (_ORDER > 0) & (_ORDER <= 3)
_BANDS = [np.isin(_ORDER, range(low, high)) for low, high in ((4, 6), (6, 8), (8, 10), (10, 15))]


@dataclass(frozen=True, slots=True)
class Noise:
    """RMS amplitudes in 8-bit levels, per channel: `sigma` of white noise, `rising` of noise rising with frequency."""

    sigma: float
    rising: float


def spatial(rgb: UInt8) -> Noise | None:
    """Measure the noise inside one (H, W, 3) uint8 frame; None if too few blocks have any detail."""
    blocks = _blocks(rgb)
    detailed = (blocks != blocks[:, :, :1, :1]).any(axis=(1, 2, 3))
    return _measure_blocks(blocks[_least_clipped(_clipped(blocks), detailed)], _FLATTEST)


def temporal(earlier: UInt8, later: UInt8) -> Noise | None:
    """Measure the noise that changes from one (H, W, 3) uint8 frame to the next, along the motion.

    Each block is matched at a whole-pixel shift, without interpolation, so that the noise keeps its spectrum. None if
    the frames are duplicates or too few blocks change.
    """
    height, width = later.shape[:2]
    if min(height, width) < 2 * _SIDE:
        return None
    motion = flow(luma(later), luma(earlier))[_SIDE // 2 :: _SIDE, _SIDE // 2 :: _SIDE]
    motion = motion[: height // _SIDE, : width // _SIDE].reshape(-1, 2)
    shift = np.rint(motion).astype(np.intp)
    aligned = np.abs(motion - shift).max(axis=1) < _ALIGNED
    after, before = _blocks(later), _moved_blocks(earlier, shift)
    difference = (after - before) / np.float32(np.sqrt(2.0))
    changed = difference.any(axis=(1, 2, 3))
    clipped = np.maximum(_clipped(after), _clipped(before))
    return _measure_blocks(difference[_least_clipped(clipped, aligned & changed)], _STEADIEST)


def _measure_blocks(blocks: Float32, share: float) -> Noise | None:
    """Measure the noise in the flattest `share` of (N, 3, 8, 8) float32 blocks; None if there are too few blocks."""
    if len(blocks) < _MIN_BLOCKS:
        return None
    dct = scipy.fft.dct(np.eye(_SIDE, dtype=np.float32), axis=0, norm="ortho")
    energy = np.square(dct @ blocks @ dct.T).mean(axis=1)
    low = energy[:, _LOW].mean(axis=1)
    flattest = energy[low <= np.quantile(low, max(share, _MIN_BLOCKS / len(low)))]
    bands = [_typical(flattest[:, band]) for band in _BANDS]
    white = min(bands)
    rising = sum(max(0.0, value - white) * band.sum() for value, band in zip(bands[1:], _BANDS[1:], strict=True))
    return Noise(float(np.sqrt(white)), float(np.sqrt(rising / _SIDE**2)))


def _typical(energy: Float32) -> float:
    """Estimate the mean energy of (N, K) coefficients from the median block, by Wilson and Hilferty's chi-squared."""
    return float(np.median(energy.mean(axis=1)) / (1.0 - 2.0 / (9.0 * energy.shape[1])) ** 3)


def _blocks(image: UInt8) -> Float32:
    """Cut (H, W, 3) into (N, 3, 8, 8) float32; drop partial blocks at the right and the bottom."""
    rows, columns = image.shape[0] // _SIDE, image.shape[1] // _SIDE
    whole_blocks = image[: rows * _SIDE, : columns * _SIDE].reshape(rows, _SIDE, columns, _SIDE, 3)
    return np.asarray(whole_blocks.transpose(0, 2, 4, 1, 3).reshape(rows * columns, 3, _SIDE, _SIDE), np.float32)


def _moved_blocks(image: UInt8, shift: NDArray[np.intp]) -> Float32:
    """Cut each block at the place it came from: `shift` (N, 2) px (x, y), clamped to the image."""
    height, width = image.shape[:2]
    rows, columns = height // _SIDE, width // _SIDE
    top, left = (grid.reshape(-1) * _SIDE for grid in np.mgrid[:rows, :columns])
    top = np.clip(top + shift[:, 1], 0, height - _SIDE)[:, None, None] + np.arange(_SIDE)[:, None]
    left = np.clip(left + shift[:, 0], 0, width - _SIDE)[:, None, None] + np.arange(_SIDE)
    return np.asarray(image[top, left].transpose(0, 3, 1, 2), np.float32)


def _clipped(blocks: Float32) -> Float32:
    """Return the share of each block's values that are black or white, where clipping hides the noise."""
    return np.asarray(((blocks <= 0) | (blocks >= 255)).mean(axis=(1, 2, 3)), np.float32)


def _least_clipped(clipped: Float32, candidates: Bool) -> Bool:
    """Mark the candidate blocks that are not clipped, or, if they are too few, slightly clipped or half clipped."""
    for limit in _CLIPPED[:-1]:
        if np.count_nonzero(candidates & (clipped <= limit)) >= 4 * _MIN_BLOCKS:
            return np.asarray(candidates & (clipped <= limit))
    return np.asarray(candidates & (clipped <= _CLIPPED[-1]))
