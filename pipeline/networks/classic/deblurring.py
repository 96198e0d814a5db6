"""Deblurs frames mildly: a few Richardson-Lucy steps (Richardson 1972, Lucy 1974).

Each pixel stays within the range of its neighbourhood, so edges do not ring.
"""

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8

GRAIN = 8.0  # grey levels; a 7x7 neighbourhood of this contrast is sharpened by half
SHARP_EDGE = 2.0  # px; edges of this spread need no deblurring


def blur_sigma_px(edge_spread_px: float | None) -> float:
    """Return the standard deviation (px), at most 2, of the blur that widened a sharp edge to this spread."""
    if edge_spread_px is None or edge_spread_px <= SHARP_EDGE:
        return 0.0
    return min(float(np.sqrt(edge_spread_px**2 - SHARP_EDGE**2)) / 2.563, 2.0)  # 10-90 % width of a Gaussian edge


def deblur(frame: UInt8, sigma_px: float, steps: int = 6) -> UInt8:
    """Undo a Gaussian blur of `sigma_px` mildly, on the luma of a frame (H, W, 3) uint8 sRGB, without overshoot."""
    ycc = cv2.cvtColor(frame, cv2.COLOR_RGB2YCrCb)
    blurred = ycc[..., 0].astype(np.float32) + 1
    estimate = blurred.copy()
    for _ in range(steps):
        estimate *= cv2.GaussianBlur(blurred / cv2.GaussianBlur(estimate, (0, 0), sigma_px), (0, 0), sigma_px)
    sharp = _within_range(estimate - 1, blurred - 1, sigma_px)
    ycc[..., 0] = np.rint(blurred - 1 + _structure(blurred) * (sharp - (blurred - 1)))
    return np.asarray(cv2.cvtColor(ycc, cv2.COLOR_YCrCb2RGB), np.uint8)


def _structure(blurred: Float32) -> Float32:
    """Return 1 where a neighbourhood has edges, towards 0 where it has only grain, which must not be sharpened."""
    mean = cv2.blur(blurred, (7, 7))
    variance = np.maximum(cv2.blur(blurred * blurred, (7, 7)) - mean * mean, 0)
    return np.asarray(variance / (variance + GRAIN**2), np.float32)


def _within_range(sharp: Float32, blurred: Float32, sigma_px: float) -> Float32:
    """Clip each pixel to the range of its neighbourhood before, which prevents halos."""
    kernel = np.ones((3, 3), np.uint8) if sigma_px < 1 else np.ones((5, 5), np.uint8)
    return np.asarray(np.clip(sharp, cv2.erode(blurred, kernel), cv2.dilate(blurred, kernel)), np.float32)
