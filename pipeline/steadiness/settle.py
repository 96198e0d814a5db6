"""The variational step: fidelity to each frame against the temporal loss, swept forwards and backwards.

Each sweep is one Gauss-Seidel pass over `sum |x_t - y_t|^2 + lambda * c |x_t - warp(x_{t-1})|^2`: a recursion that
forgets, so the backward one enters each window of frames a little after its end, and one window is all that is held.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import Protocol

import cv2
import numpy as np

from pipeline.ahead import ahead
from pipeline.motion.flow import Estimator, Float32, UInt8, in_rgb, smooth_flow, warp_rgb
from pipeline.motion.motion import Motion, both_ways, guide

_DETAIL = 0.25  # lambda of the detail at strength 1
DETAIL_DRAWN_ANEW = 1.25  # the same for detail that a network draws in each frame: see docs/temporal.md
_LOW = 1.0  # lambda of the low frequencies: brightness that wavers is seen first, and holding it blurs nothing
_LOW_SIGMA = 6.0  # px; what is broader than this is low
_WINDOW = 18  # frames
_FORGOTTEN = 0.02  # a sweep is entered so early that no more than this is left of how it was entered
_LONGEST_RUN_UP = 24  # frames, at any strength


@dataclass(frozen=True, slots=True)
class Swept:
    """Frame `index` after the forward sweep, and the motion to it from the frame before."""

    index: int
    frame: UInt8
    onward: Motion | None


@dataclass(frozen=True, slots=True)
class _Pull:
    """Lambda of the detail and of the low frequencies."""

    detail: float
    low: float

    @property
    def run_up(self) -> int:
        """How many frames before the first that counts a sweep is entered."""
        return min(_LONGEST_RUN_UP, ceil(log(_FORGOTTEN) / log(_gain(max(self.detail, self.low)))))


class Frames(Protocol):
    """Frames (H, W, 3) uint8 by index: an array of them, or what makes them when they are asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> UInt8: ...


def settle(
    source: Frames,
    frames: UInt8,
    strength: float,
    loops: bool,
    noise_sigma: float = 0.0,
    estimate: Estimator = smooth_flow,
    detail: float | None = None,
) -> None:
    """Lower the temporal loss of `frames` along the motion of `source`, both (T, H, W, 3) uint8, in place.

    `strength` scales lambda; at 0 nothing changes. `detail` is the lambda of detail where it is not the usual one. A
    looping clip is settled over its wrap too.
    """
    count = len(source)
    if strength <= 0 or count < 2:
        return
    pull = _Pull(strength * (_DETAIL if detail is None else detail), strength * _LOW)
    run_up = pull.run_up
    around = min(run_up, count) if loops else 0
    held: list[Swept] = []
    for swept in _forwards(source, frames, around, pull, noise_sigma, estimate):
        held.append(swept)
        if len(held) == _WINDOW + run_up:
            _backwards(held, _WINDOW, frames, pull)
            del held[:_WINDOW]
    _backwards(held, len(held), frames, pull)


def _forwards(
    source: Frames, frames: UInt8, around: int, pull: _Pull, noise_sigma: float, estimate: Estimator
) -> Iterator[Swept]:
    """Sweep forwards, from `around` frames before the first to as many after the last."""
    count = len(frames)
    start = frames[:around].copy()  # the caller overwrites these before they come round again

    def motions(index: int) -> tuple[Motion, Motion]:
        to, frm = (guide(source[i % count], noise_sigma) for i in (index, index - 1))
        return both_ways(to, frm, estimate, noise_sigma)

    last = frames[-around if around else 0].astype(np.float32)
    yield Swept(-around, _rounded(last), None)
    indices = range(1 - around, count + around)
    for index, (back, onward) in zip(indices, ahead(motions, indices), strict=True):
        frame = (start[index - count] if index >= count else frames[index]).astype(np.float32)
        last = _pulled(frame, last, back, pull)
        yield Swept(index, _rounded(last), onward)


def _backwards(held: Sequence[Swept], settled: int, frames: UInt8, pull: _Pull) -> None:
    """Sweep `held` backwards and write the first `settled` of them to `frames`."""
    last: Float32 | None = None
    onward: Motion | None = None
    for place, swept in reversed(list(enumerate(held))):
        frame = swept.frame.astype(np.float32)
        last = frame if last is None or onward is None else _pulled(frame, last, onward, pull)
        onward = swept.onward
        if place < settled and 0 <= swept.index < len(frames):
            frames[swept.index] = _rounded(last)


def _pulled(frame: Float32, last: Float32, motion: Motion, pull: _Pull) -> Float32:
    """Move `frame` towards its neighbour `last` where trusted, its low frequencies further than its detail."""
    if not motion.trusted:
        return frame
    difference = warp_rgb(last, motion.flow)
    difference -= frame
    cv2.multiply(difference, in_rgb(motion.confidence), difference)
    detail_gain, low_gain = _gain(pull.detail), _gain(pull.low)
    cv2.addWeighted(difference, detail_gain, _low_pass(difference), low_gain - detail_gain, 0, difference)
    difference += frame
    return difference


def _gain(weight: float) -> float:
    return weight / (1.0 + weight)


def _rounded(frame: Float32) -> UInt8:
    return np.asarray(np.clip(np.rint(frame), 0, 255), np.uint8)


def _low_pass(image: Float32) -> Float32:
    """Blur at a quarter of the size, where a broad Gaussian costs a sixteenth."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), _LOW_SIGMA / 4, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
