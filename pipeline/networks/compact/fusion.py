"""A running mean of a shot's frames at twice their size, along the flow: what `compact` starts from.

Each frame is enlarged, then moved by the flow in one go, so the mean keeps the detail that lies between the pixels of
any one frame, and loses noise, dither and the palette's errors as frames are added. A frame counts, per pixel, by how
well it agrees with the one shown (as in non-local means along the motion, Buades et al. 2005).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.motion import flow

AHEAD = (1, 2, 3)  # frames to come that the mean takes in
MOST_BEHIND = 6.0  # frames that the past counts as at most
LEAST_SIGMA = 5.0  # grey levels by which frames may always differ: a palette's bands that move; 3 is no nearer, 7 blurs
LEAST_FLOW_NOISE = 8.0  # grey levels; the flow is found on luma smoothed as for this noise or more: +0.1 dB on dither


@dataclass(frozen=True, slots=True)
class Mean:
    """`picture` (2H, 2W, 3) float32 in grey levels and how many frames it is of, (H, W) float32."""

    picture: Float32
    frames: Float32


def means(frames: UInt8, sigma: float) -> Iterator[Mean]:
    """Yield the mean around each frame of a shot (T, H, W, 3) uint8 whose frames differ by noise of `sigma`."""
    lumas = [flow.luma(frame, max(sigma, LEAST_FLOW_NOISE)) for frame in frames]
    sigma = max(sigma, LEAST_SIGMA)
    past: Mean | None = None
    singles: dict[int, Mean] = {}
    for t in range(len(frames)):
        singles = {k: singles.get(k) or _single(frames[k]) for k in (t, *(t + n for n in AHEAD)) if k < len(frames)}
        here = singles[t]
        coarse = _halved(here.picture)
        if past is not None:
            moved = _moved(past, flow.flow(lumas[t], lumas[t - 1]))
            here = _joined(here, moved, _agreement(coarse, moved, sigma))
        past = Mean(here.picture, np.minimum(here.frames, MOST_BEHIND))
        for other in (t + k for k in AHEAD if t + k < len(frames)):
            moved = _moved(singles[other], flow.flow(lumas[t], lumas[other]))
            here = _joined(here, moved, _agreement(coarse, moved, sigma))
        yield here


def _single(frame: UInt8) -> Mean:
    height, width = frame.shape[:2]
    large = cv2.resize(frame, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    return Mean(large.astype(np.float32), np.ones((height, width), np.float32))


def _moved(mean: Mean, motion: Float32) -> Mean:
    height, width = mean.frames.shape
    fine = cv2.resize(motion, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR) * np.float32(2)
    picture = flow.warp(mean.picture, np.asarray(fine, np.float32), cv2.INTER_CUBIC)
    return Mean(picture, flow.warp(mean.frames, motion, cv2.INTER_LINEAR))


def _halved(picture: Float32) -> Float32:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _agreement(coarse: Float32, moved: Mean, sigma: float) -> Float32:
    """1 where two pictures differ by no more than noise of `sigma`, towards 0 where they show different things."""
    squares = cv2.transform(np.square(coarse - _halved(moved.picture)), np.full((1, 3), 1 / 3, np.float32))
    excess = np.maximum(cv2.blur(squares, (5, 5)) - 2 * sigma**2, 0)
    return np.asarray(np.exp(-excess / (sigma**2 + 4)), np.float32)


def _joined(here: Mean, other: Mean, agreement: Float32) -> Mean:
    counted = other.frames * agreement
    total = here.frames + counted
    height, width = total.shape
    share = cv2.resize(counted / total, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)
    picture = cv2.subtract(other.picture, here.picture)
    cv2.multiply(picture, flow.in_rgb(np.asarray(share, np.float32)), picture)
    cv2.add(picture, here.picture, picture)
    return Mean(np.asarray(picture, np.float32), np.asarray(total, np.float32))
