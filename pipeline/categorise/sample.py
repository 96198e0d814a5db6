"""Which frames of a clip are looked at, and which part of them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip import Clip, UInt8

Float32 = NDArray[np.float32]
Landmarks = NDArray[np.floating]

_PAIRS = 4
_WINDOW = 512  # px; larger frames are measured in their middle, at full scale
_BACKDROP = 128


@dataclass(frozen=True, slots=True)
class Sample:
    """Frames `rgb` (N, H, W, 3) uint8, each with the frame after it in `following` (None in a clip of one frame).

    `left` and `top` say where the window lies in the clip's own frames.
    """

    rgb: UInt8
    following: UInt8 | None
    left: int
    top: int


def sample(clip: Clip) -> Sample:
    """Take up to four pairs of neighbouring frames, evenly spread, cut to the middle 512 × 512 px."""
    length, height, width = clip.frames.shape[:3]
    count = min(_PAIRS, max(1, length - 1))
    starts = np.unique(np.linspace(0, max(0, length - 2), count).round().astype(int))
    left, top = max(0, (width - _WINDOW) // 2), max(0, (height - _WINDOW) // 2)
    window = slice(top, top + _WINDOW), slice(left, left + _WINDOW)
    following = _composed(clip, starts + 1, window) if length > 1 else None
    return Sample(_composed(clip, starts, window), following, left, top)


def grey(rgb: UInt8) -> Float32:
    """Return the (H, W) float32 luma in 8-bit levels."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def _composed(clip: Clip, indices: NDArray[np.int_], window: tuple[slice, slice]) -> UInt8:
    """Return the frames' window; transparent pixels become mid-grey, whatever colour hides under them."""
    rgb = clip.frames[indices][:, *window]
    if clip.alpha is None:
        return rgb
    shown = clip.alpha[indices][:, *window, None] >= 128
    return np.where(shown, rgb, np.uint8(_BACKDROP))
