"""Enlarges frames by Lanczos resampling without overshoot."""

import cv2
import numpy as np

from pipeline.arrays import UInt8


def upscale(frames: UInt8, scale: int) -> UInt8:
    """Enlarge frames (T, H, W, 3) uint8 to (T, scale·H, scale·W, 3)."""
    if scale == 1:
        return frames
    count, height, width, _ = frames.shape
    large = np.empty((count, scale * height, scale * width, 3), np.uint8)
    for frame, target in zip(frames, large, strict=True):
        target[:] = _upscale(frame, scale)
    return large


def _upscale(frame: UInt8, scale: int) -> UInt8:
    size = (frame.shape[1] * scale, frame.shape[0] * scale)
    large = cv2.resize(frame, size, interpolation=cv2.INTER_LANCZOS4)
    kernel = np.ones((3, 3), np.uint8)
    low = cv2.resize(cv2.erode(frame, kernel), size, interpolation=cv2.INTER_NEAREST)
    high = cv2.resize(cv2.dilate(frame, kernel), size, interpolation=cv2.INTER_NEAREST)
    return np.clip(large, low, high)


def upscale_alpha(alpha: UInt8 | None, scale: int) -> UInt8 | None:
    """Enlarge the transparency (H, W) uint8 by `scale`, with a smooth edge."""
    if alpha is None or scale == 1:
        return alpha
    return cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
