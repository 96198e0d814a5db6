"""What a block codec leaves: steps at every eighth pixel, and coefficients that stand on few levels.

Steps after Muijs and Kirenko 2005 ("A no-reference blocking artifact measure for adaptive video processing"): each is
set against its neighbours; the grid's phase is found, since a cropped picture keeps its blocks. Levels after Fan and
de Queiroz 2003 ("Identification of bitmap compression history"): a decoded JPEG's DCT coefficients are multiples of
its quantisation steps, in the codec's own grid alone.
"""

import cv2
import numpy as np
import scipy.fft

from pipeline.arrays import Float32, Float64

_PERIOD = 8
_SMALLEST = 32  # px
_FLAT = 24.0  # levels; larger steps are the picture's own edges
_BASES = np.asarray(scipy.fft.dct(np.eye(_PERIOD), axis=0, norm="ortho"), np.float32)
_LOOKED_AT = ((1, 3), (3, 1), (2, 2), (0, 4), (4, 0), (3, 3))  # coefficients that most pictures have
_ZERO = 0.6  # levels; rounding to 8 bits moves a coefficient by 0.3
_STANDS_OUT = 0.15  # of the coefficients, more in the codec's grid than in any other


def blockiness(greys: Float32) -> float | None:
    """Return the mean step at the block grid of (N, H, W) float32 frames over the mean beside it, less 1; 0 = none."""
    if min(greys.shape[1:]) < _SMALLEST:
        return None
    across, down = _excess(greys), _excess(greys.transpose(0, 2, 1))
    return float(max(0.0, (across + down) / 2.0))


def quantised(grey: Float32) -> float:
    """Return the RMS error in levels that a JPEG's quantisation made in a (H, W) float32 frame; 0 where none shows."""
    if min(grey.shape) < 2 * _SMALLEST:
        return 0.0
    zeros = _zeros_by_phase(grey)
    order = np.sort(zeros, axis=None)
    if order[-1] - order[-2] < _STANDS_OUT * (1.0 - order[-2]):
        return 0.0
    top, left = np.unravel_index(int(zeros.argmax()), zeros.shape)
    lost = _lost(_coefficients(grey[top:, left:]))
    return float(np.sqrt(np.mean(lost))) if lost else 0.0


def _zeros_by_phase(grey: Float32) -> Float64:
    """Return the share of zero coefficients (8, 8) for each place that the grid may begin at."""
    height, width = (side // _PERIOD * _PERIOD - _PERIOD for side in grey.shape)
    zeros = np.zeros((_PERIOD, _PERIOD))
    for down, across in _LOOKED_AT:
        filtered = cv2.sepFilter2D(grey, cv2.CV_32F, _BASES[across], _BASES[down], anchor=(0, 0))
        small = (np.abs(filtered) < _ZERO)[:height, :width]
        zeros += small.reshape(height // _PERIOD, _PERIOD, width // _PERIOD, _PERIOD).mean(axis=(0, 2))
    return zeros / len(_LOOKED_AT)


def _coefficients(grey: Float32) -> Float32:
    """Return the DCT (63, N) of the frame's 8 × 8 blocks, without their means."""
    rows, columns = grey.shape[0] // _PERIOD, grey.shape[1] // _PERIOD
    blocks = grey[: rows * _PERIOD, : columns * _PERIOD].reshape(rows, _PERIOD, columns, _PERIOD).transpose(0, 2, 1, 3)
    return np.asarray((_BASES @ blocks @ _BASES.T).reshape(rows * columns, -1).T[1:], np.float32)


def _lost(coefficients: Float32) -> list[float]:
    """Return the mean squared error of the quantisation of each coefficient that is not zero throughout.

    What was not zeroed is off by a step over √12; what was zeroed had a Laplacian's values within half a step.
    """
    size = np.abs(coefficients)
    lost = []
    for values in size:
        kept = values[values > 2 * _ZERO]
        if len(kept) < max(8, 0.002 * len(values)):
            continue
        step = float(np.quantile(kept, 0.1))
        share = 1.0 - len(kept) / len(values)
        rate = -np.log(1.0 - min(share, 0.999)) * 2.0 / step
        within = 2.0 / rate**2 - (step / 2) * (step / 2 + 2.0 / rate) * (1.0 - share) / max(share, 1e-3)
        lost.append(share * min(max(within, 0.0), step**2 / 4) + (1.0 - share) * step**2 / 12.0)
    return lost


def _excess(greys: Float32) -> float:
    steps = np.abs(np.diff(greys, axis=2))
    steps[steps > _FLAT] = 0.0
    profile = steps.mean(axis=(0, 1))
    profile = profile[: len(profile) // _PERIOD * _PERIOD].reshape(-1, _PERIOD).mean(axis=0)
    beside = (np.roll(profile, 1) + np.roll(profile, -1)) / 2.0
    return float(((profile - beside) / (beside + 0.1)).max())
