"""Settles frames: a variational step that weighs fidelity to each frame against the temporal loss.

It sweeps forwards and backwards. A sweep is one Gauss-Seidel pass over
`sum |x_t - y_t|^2 + lambda * c |x_t - warp(x_{t-1})|^2`. The influence of earlier frames decays along a sweep. So the
backward sweep runs over one window of frames at a time, starting a little after its end, and only that is in memory.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, log
from typing import Protocol

import cv2
import numpy as np

from pipeline.ahead import ahead
from pipeline.arrays import Float32, UInt8
from pipeline.motion.flow import Estimator, repeat_rgb, smooth_flow, warp_rgb
from pipeline.motion.motion import Motion, both_ways, guide
from pipeline.steadiness.options import ALL_STEPS, Options

DETAIL = 0.25  # lambda of the detail at strength 1
DETAIL_DRAWN_ANEW = 1.25  # the same for detail that a network draws in each frame: see docs/temporal.md
_LOW = 1.0  # lambda of the low frequencies: brightness that wavers is seen first, and holding it blurs nothing
_LOW_SIGMA = 6.0  # px; what is broader than this is low
_WINDOW = 18  # frames
_FORGOTTEN = 0.02  # after the run-up of a sweep no more than this share of its first frame is left
_LONGEST_RUN_UP = 24  # frames, at any strength


@dataclass(frozen=True, slots=True)
class Swept:
    """Frame `index` after the forward sweep, and the motion to it from the frame before."""

    index: int
    frame: UInt8
    onward: Motion | None


class Frames(Protocol):
    """Frames (H, W, 3) uint8 by index: an array, or an object that makes each frame when it is read."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> UInt8: ...


def settle(
    source: Frames,
    frames: UInt8,
    strength: float,
    loops: bool,
    noise_sigma: float = 0.0,
    estimate: Estimator = smooth_flow,
    options: Options = ALL_STEPS,
    detail: float = DETAIL,
) -> None:
    """Lower the temporal loss of `frames` along the motion of `source`, both (T, H, W, 3) uint8, in place.

    `strength` scales lambda; at 0 nothing changes. `detail` is the lambda of detail at strength 1. A looping
    clip is settled over its wrap too.
    """
    count = len(source)
    if strength <= 0 or count < 2:
        return
    pull = _Pull(strength * detail, strength * (_LOW if options.firm_low else detail))
    around = min(pull.run_up, count) if loops else 0

    def motions(index: int) -> tuple[Motion, Motion]:
        to, frm = (guide(source[i % count], noise_sigma) for i in (index, index - 1))
        back, onward = both_ways(to, frm, estimate, noise_sigma)
        return options.apply_confidence(back), options.apply_confidence(onward)

    write = _sweep_backwards if options.backwards else _write_as_swept
    window: list[Swept] = []
    for swept in _sweep_forwards(frames, around, pull, motions):
        window.append(swept)
        if len(window) == _WINDOW + pull.run_up:
            write(window, _WINDOW, frames, pull)
            del window[:_WINDOW]
    write(window, len(window), frames, pull)


@dataclass(frozen=True, slots=True)
class _Pull:
    """How strongly a frame is pulled towards its neighbour: lambda of the `detail` and of the `low` frequencies."""

    detail: float
    low: float

    @property
    def run_up(self) -> int:
        """Return how many frames early a sweep is entered."""
        return min(_LONGEST_RUN_UP, ceil(log(_FORGOTTEN) / log(_gain(max(self.detail, self.low)))))

    def pull(self, frame: Float32, last: Float32, motion: Motion) -> Float32:
        """Return `frame` pulled to its neighbour `last` where the motion is trusted, more in low frequencies."""
        if not motion.trusted:
            return frame
        difference = warp_rgb(last, motion.flow)
        difference -= frame
        cv2.multiply(difference, repeat_rgb(motion.confidence), difference)
        detail_gain, low_gain = _gain(self.detail), _gain(self.low)
        cv2.addWeighted(difference, detail_gain, _low_pass(difference), low_gain - detail_gain, 0, difference)
        difference += frame
        return difference


def _sweep_forwards(
    frames: UInt8, around: int, pull: _Pull, motions: Callable[[int], tuple[Motion, Motion]]
) -> Iterator[Swept]:
    """Sweep forwards, from `around` frames before the first to as many after the last.

    `motions(index)` returns the motion from a frame to the one before it, and the motion back.
    """
    count = len(frames)
    start = frames[:around].copy()  # the caller overwrites these before a loop needs them again
    last = frames[-around if around else 0].astype(np.float32)
    yield Swept(-around, _rounded(last), None)
    indices = range(1 - around, count + around)
    for index, (back, onward) in zip(indices, ahead(motions, indices), strict=True):
        frame = (start[index - count] if index >= count else frames[index]).astype(np.float32)
        last = pull.pull(frame, last, back)
        yield Swept(index, _rounded(last), onward)


def _sweep_backwards(window: Sequence[Swept], count: int, frames: UInt8, pull: _Pull) -> None:
    """Sweep `window` backwards and write its first `count` frames to `frames`."""
    last: Float32 | None = None
    onward: Motion | None = None
    for place, swept in reversed(list(enumerate(window))):
        frame = swept.frame.astype(np.float32)
        last = frame if last is None or onward is None else pull.pull(frame, last, onward)
        onward = swept.onward
        if place < count and 0 <= swept.index < len(frames):
            frames[swept.index] = _rounded(last)


def _write_as_swept(window: Sequence[Swept], count: int, frames: UInt8, pull: _Pull) -> None:
    """Write the first `count` frames of `window` to `frames` as the forward sweep left them."""
    for swept in window[:count]:
        if 0 <= swept.index < len(frames):
            frames[swept.index] = swept.frame


def _gain(weight: float) -> float:
    return weight / (1.0 + weight)


def _rounded(frame: Float32) -> UInt8:
    return np.asarray(np.clip(np.rint(frame), 0, 255), np.uint8)


def _low_pass(image: Float32) -> Float32:
    """Blur at a quarter of the size, where a broad Gaussian takes a sixteenth of the time."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), _LOW_SIGMA / 4, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
