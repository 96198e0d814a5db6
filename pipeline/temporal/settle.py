"""The variational step: fidelity to each frame against the temporal loss, swept forwards and backwards.

Each sweep is one Gauss-Seidel pass over `sum |x_t - y_t|^2 + lambda * c |x_t - warp(x_{t-1})|^2`: a recursion that
holds one frame; the motions handed in are what grows with the clip.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from pipeline.temporal.flow import Float32, UInt8, warp
from pipeline.temporal.motion import Motion

_DETAIL = 0.25  # lambda of the detail at strength 1
_LOW = 1.0  # lambda of the low frequencies: brightness that wavers is seen first, and holding it blurs nothing
_LOW_SIGMA = 6.0  # px; what is broader than this is low
_RUN_UP = 6  # frames a loop is entered before its start: the low gain of 0.5 leaves 2 % of what came before them


def settle(frames: UInt8, motions: Sequence[tuple[Motion, Motion]], strength: float, loops: bool) -> UInt8:
    """Return (T, H, W, 3) uint8 frames with the temporal loss along `motions` lowered; `strength` scales lambda.

    `motions[i]` leads from frame i + 1 to i and back; in a looping clip the last leads from frame 0 to T - 1.
    """
    if strength <= 0 or len(frames) < 2:
        return frames
    count = len(frames)
    forwards = [motions[i - 1][0] if i or loops else None for i in range(count)]
    backwards = [motions[i][1] if i < count - 1 or loops else None for i in range(count)]
    order = list(range(count))
    run_up = min(_RUN_UP, count) if loops else 0
    once = _sweep(frames, forwards, order[count - run_up :] + order, strength)
    return _sweep(once, backwards, order[:run_up][::-1] + order[::-1], strength)


def _sweep(frames: UInt8, motions: Sequence[Motion | None], order: Sequence[int], strength: float) -> UInt8:
    swept = np.empty_like(frames)
    last: Float32 | None = None
    for i in order:
        frame = frames[i].astype(np.float32)
        motion = motions[i]
        if last is not None and motion is not None and motion.trusted:
            frame = _pulled(frame, warp(last, motion.flow), motion.confidence, strength)
        swept[i] = np.clip(np.rint(frame), 0, 255)
        last = frame
    return swept


def _pulled(frame: Float32, towards: Float32, confidence: Float32, strength: float) -> Float32:
    """Move `frame` towards its neighbour where trusted, its low frequencies further than its detail."""
    difference = (towards - frame) * confidence[..., None]
    low = _low_pass(difference)
    detail_gain, low_gain = (strength * weight / (1.0 + strength * weight) for weight in (_DETAIL, _LOW))
    return np.asarray(frame + detail_gain * difference + (low_gain - detail_gain) * low, np.float32)


def _low_pass(image: Float32) -> Float32:
    """Blur at a quarter of the size, where a broad Gaussian costs a sixteenth."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), _LOW_SIGMA / 4, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
