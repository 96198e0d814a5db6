"""How near a GIF is to its source, how steady, and how large."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

STILL = 2  # an area is still where no channel of the source changes by more


class Scores(NamedTuple):
    """TD-MSE: mean squared difference between the frame differences of output and source.

    Flicker: mean squared change of the output's samples where the source stands still.
    """

    psnr_db: float
    ssim: float
    td_mse: float
    flicker: float


def score(source: NDArray[np.uint8], output: NDArray[np.uint8]) -> Scores:
    """Both (T, H, W, 3) uint8."""
    squared, td, flicker = [], [], []
    for i in range(len(source)):
        squared.append(np.square(source[i].astype(np.int32) - output[i]).mean())
        if i:
            moved = source[i].astype(np.int32) - source[i - 1]
            shown = output[i].astype(np.int32) - output[i - 1]
            td.append(np.square(moved - shown).mean())
            still = np.abs(moved).max(-1) <= STILL
            if still.any():
                flicker.append(np.square(shown[still]).mean())
    psnr = 10 * np.log10(255**2 / max(np.mean(squared), 1e-9))
    return Scores(float(psnr), _ssim(source, output), float(np.mean(td or [0])), float(np.mean(flicker or [0])))


def _ssim(source: NDArray[np.uint8], output: NDArray[np.uint8]) -> float:
    """Of every tenth frame, in grey."""
    from skimage import metrics

    grey = np.array([0.299, 0.587, 0.114])
    pairs = zip(source[::10] @ grey, output[::10] @ grey, strict=True)
    return float(np.mean([metrics.structural_similarity(a, b, data_range=255) for a, b in pairs]))
