"""Measures the traces of a block codec: steps at every eighth pixel, and DCT coefficients that take few values.

Steps follow Muijs and Kirenko 2005 ("A no-reference blocking artifact measure for adaptive video processing"): each
step is compared with its neighbours. The grid may begin anywhere, since a cropped picture keeps its blocks.
Coefficients follow Fan and de Queiroz 2003 ("Identification of bitmap compression history"): in the codec's own grid,
and in no other, the DCT coefficients of a decoded JPEG are multiples of its quantisation steps.
"""

import cv2
import numpy as np
import scipy.fft

from pipeline.arrays import Float32, Float64

_PERIOD = 8
_SMALLEST = 32  # px
_FLAT = 24.0  # levels; larger steps are the picture's own edges
_BASES = np.asarray(scipy.fft.dct(np.eye(_PERIOD), axis=0, norm="ortho"), np.float32)
_EXAMINED = ((1, 3), (3, 1), (2, 2), (0, 4), (4, 0), (3, 3))  # coefficients that most pictures have
_ZERO = 0.6  # levels; rounding to 8 bits moves a coefficient by 0.3
_STANDS_OUT = 0.15  # share by which zeros are more frequent in the codec's grid than in any other


def blockiness(greys: Float32) -> float | None:
    """Return the mean step at the block grid over that beside it, less 1; (N, H, W) float32 frames, 0 = no blocks."""
    if min(greys.shape[1:]) < _SMALLEST:
        return None
    across, down = _excess(greys), _excess(greys.transpose(0, 2, 1))
    return float(max(0.0, (across + down) / 2.0))


def quantised(grey: Float32) -> float:
    """Return the RMS error in levels that JPEG quantisation left in a (H, W) float32 frame; 0 if there is no trace."""
    if min(grey.shape) < 2 * _SMALLEST:
        return 0.0
    zeros = _zeros_by_phase(grey)
    order = np.sort(zeros, axis=None)
    if order[-1] - order[-2] < _STANDS_OUT * (1.0 - order[-2]):
        return 0.0
    top, left = np.unravel_index(int(zeros.argmax()), zeros.shape)
    errors = _squared_errors(_coefficients(grey[top:, left:]))
    return float(np.sqrt(np.mean(errors))) if errors else 0.0


def _zeros_by_phase(grey: Float32) -> Float64:
    """Return the share of zero coefficients (8, 8) for each place where the grid may begin."""
    height, width = (side // _PERIOD * _PERIOD - _PERIOD for side in grey.shape)
    zeros = np.zeros((_PERIOD, _PERIOD))
    for down, across in _EXAMINED:
        filtered = cv2.sepFilter2D(grey, cv2.CV_32F, _BASES[across], _BASES[down], anchor=(0, 0))
        small = (np.abs(filtered) < _ZERO)[:height, :width]
        zeros += small.reshape(height // _PERIOD, _PERIOD, width // _PERIOD, _PERIOD).mean(axis=(0, 2))
    return zeros / len(_EXAMINED)


def _coefficients(grey: Float32) -> Float32:
    """Return the DCT (63, N) of the frame's 8 × 8 blocks, without their means."""
    rows, columns = grey.shape[0] // _PERIOD, grey.shape[1] // _PERIOD
    blocks = grey[: rows * _PERIOD, : columns * _PERIOD].reshape(rows, _PERIOD, columns, _PERIOD).transpose(0, 2, 1, 3)
    return np.asarray((_BASES @ blocks @ _BASES.T).reshape(rows * columns, -1).T[1:], np.float32)


def _squared_errors(coefficients: Float32) -> list[float]:
    """Return the mean squared quantisation error of each coefficient that is not zero in all blocks.

    A value that was not rounded to zero is off by a step over √12. One that was had a Laplacian distribution within
    half a step.
    """
    size = np.abs(coefficients)
    errors = []
    for values in size:
        nonzero = values[values > 2 * _ZERO]
        if len(nonzero) < max(8, 0.002 * len(values)):
            continue
        step = float(np.quantile(nonzero, 0.1))
        share = 1.0 - len(nonzero) / len(values)
        rate = -np.log(1.0 - min(share, 0.999)) * 2.0 / step
        zeroed = 2.0 / rate**2 - (step / 2) * (step / 2 + 2.0 / rate) * (1.0 - share) / max(share, 1e-3)
        errors.append(share * min(max(zeroed, 0.0), step**2 / 4) + (1.0 - share) * step**2 / 12.0)
    return errors


def _excess(greys: Float32) -> float:
    steps = np.abs(np.diff(greys, axis=2))
    steps[steps > _FLAT] = 0.0
    profile = steps.mean(axis=(0, 1))
    profile = profile[: len(profile) // _PERIOD * _PERIOD].reshape(-1, _PERIOD).mean(axis=0)
    beside = (np.roll(profile, 1) + np.roll(profile, -1)) / 2.0
    return float(((profile - beside) / (beside + 0.1)).max())
