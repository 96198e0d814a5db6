"""Averages a shot's frames along the flow at twice their size; `compact` starts from this mean.

Each frame is enlarged and moved by the flow in one step. So the mean keeps detail that lies between the pixels of any
single frame, and loses noise, dither and palette errors. Each frame is weighted, per pixel, by how well it agrees with
the current one (as in non-local means along the motion, Buades et al. 2005).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.motion import flow

AHEAD = (1, 2, 3)  # following frames that the mean includes
MAX_PAST = 6.0  # frames; the largest weight of the past
MIN_SIGMA = 5.0  # grey levels; frames may always differ so much, as a palette's bands move; 3 is no better, 7 blurs
MIN_FLOW_NOISE = 8.0  # grey levels; for the flow, luma is smoothed as for this noise or more: +0.1 dB on dither


@dataclass(frozen=True, slots=True)
class Mean:
    """`picture` (2H, 2W, 3) float32 in grey levels and the number of frames in it, (H, W) float32."""

    picture: Float32
    frames: Float32


def means(frames: UInt8, sigma: float) -> Iterator[Mean]:
    """Yield the mean around each frame of a shot (T, H, W, 3) uint8; `sigma` is the noise between its frames."""
    lumas = [flow.luma(frame, max(sigma, MIN_FLOW_NOISE)) for frame in frames]
    sigma = max(sigma, MIN_SIGMA)
    past: Mean | None = None
    singles: dict[int, Mean] = {}
    for t in range(len(frames)):
        singles = {k: singles.get(k) or _single(frames[k]) for k in (t, *(t + n for n in AHEAD)) if k < len(frames)}
        current = singles[t]
        coarse = _halve(current.picture)
        if past is not None:
            moved = _move(past, flow.flow(lumas[t], lumas[t - 1]))
            current = _join(current, moved, _agreement(coarse, moved, sigma))
        past = Mean(current.picture, np.minimum(current.frames, MAX_PAST))
        for other in (t + k for k in AHEAD if t + k < len(frames)):
            moved = _move(singles[other], flow.flow(lumas[t], lumas[other]))
            current = _join(current, moved, _agreement(coarse, moved, sigma))
        yield current


def _single(frame: UInt8) -> Mean:
    height, width = frame.shape[:2]
    large = cv2.resize(frame, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    return Mean(large.astype(np.float32), np.ones((height, width), np.float32))


def _move(mean: Mean, motion: Float32) -> Mean:
    height, width = mean.frames.shape
    fine = cv2.resize(motion, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR) * np.float32(2)
    picture = flow.warp(mean.picture, np.asarray(fine, np.float32), cv2.INTER_CUBIC)
    return Mean(picture, flow.warp(mean.frames, motion, cv2.INTER_LINEAR))


def _halve(picture: Float32) -> Float32:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _agreement(coarse: Float32, moved: Mean, sigma: float) -> Float32:
    """Return 1 where two pictures differ by no more than noise, towards 0 where they show different things."""
    squares = cv2.transform(np.square(coarse - _halve(moved.picture)), np.full((1, 3), 1 / 3, np.float32))
    excess = np.maximum(cv2.blur(squares, (5, 5)) - 2 * sigma**2, 0)
    return np.asarray(np.exp(-excess / (sigma**2 + 4)), np.float32)


def _join(current: Mean, other: Mean, agreement: Float32) -> Mean:
    weight = other.frames * agreement
    total = current.frames + weight
    height, width = total.shape
    share = cv2.resize(weight / total, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    picture = cv2.subtract(other.picture, current.picture)
    cv2.multiply(picture, flow.repeat_rgb(np.asarray(share, np.float32)), picture)
    cv2.add(picture, current.picture, picture)
    return Mean(np.asarray(picture, np.float32), np.asarray(total, np.float32))
