"""Selects the frames of a clip that are measured, and the part of each."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Float32, UInt8
from pipeline.clips.clip import Clip

Landmarks = NDArray[np.floating]

_PAIRS = 3
_WINDOW = 512  # px; larger frames are measured in their middle, at full scale
_BACKDROP = 128
_FACE = 48  # px; smaller faces have too few edges
_EYES_TO_MOUTH = 1.04  # of the distance between the eyes of a face seen from the front, as FFHQ aligns it


@dataclass(frozen=True, slots=True)
class Sample:
    """Frames `rgb` (N, H, W, 3) uint8, each with the frame after it in `following` (None in a clip of one frame).

    `left` and `top` (px) place the sample in the clip's frames.
    """

    rgb: UInt8
    following: UInt8 | None
    left: int
    top: int


def sample(clip: Clip) -> Sample:
    """Take up to three pairs of neighbouring frames, evenly spread, cut to the middle 512 × 512 px."""
    length, height, width = clip.frames.shape[:3]
    starts = pair_starts(length)
    left, top = max(0, (width - _WINDOW) // 2), max(0, (height - _WINDOW) // 2)
    window = slice(top, top + _WINDOW), slice(left, left + _WINDOW)
    following = _on_grey(clip, starts + 1, window) if length > 1 else None
    return Sample(_on_grey(clip, starts, window), following, left, top)


def pair_starts(length: int) -> NDArray[np.int_]:
    """Return where the pairs of a clip of `length` frames begin. A clip of only these pairs gives the same pairs."""
    count = min(_PAIRS, max(1, length - 1))
    return np.unique(np.linspace(0, max(0, length - 2), count).round().astype(int))


def face_window(sampled: Sample, landmarks: Sequence[Landmarks]) -> tuple[slice, slice]:
    """Return the rows and columns of the sample that hold the faces; all of them if no face is large enough."""
    everything = slice(None), slice(None)
    if not landmarks:
        return everything
    points = np.concatenate([np.asarray(p, np.float64) for p in landmarks]) - (sampled.left, sampled.top)
    margin = float(np.median([eye_distance_px(p) for p in landmarks]))
    left, top = np.maximum(points.min(axis=0) - margin, 0).astype(int)
    right, bottom = (points.max(axis=0) + margin).astype(int)
    height, width = sampled.rgb.shape[1:3]
    if min(right, width) - left < _FACE or min(bottom, height) - top < _FACE:
        return everything
    return slice(top, bottom), slice(left, right)


def eye_distance_px(landmarks: Landmarks) -> float:
    """Return how far apart the eyes of a face's (5, 2) landmarks are, or would be if the face turned to the front.

    Turning aside brings the eyes together, and leaves them as far from the mouth as before.
    """
    left, right, _, *mouth = np.asarray(landmarks, np.float64)
    down = np.hypot(*((left + right) / 2 - np.mean(mouth, axis=0)))
    return float(max(np.hypot(*(right - left)), down / _EYES_TO_MOUTH))


def largest_face(faces: Sequence[Landmarks]) -> Landmarks | None:
    """Return the landmarks of the face whose eyes are furthest apart, or None without a face."""
    return max(faces, key=eye_distance_px, default=None)


def grey(rgb: UInt8) -> Float32:
    """Return the (H, W) float32 luma in 8-bit levels."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)


def _on_grey(clip: Clip, indices: NDArray[np.int_], window: tuple[slice, slice]) -> UInt8:
    """Return the window of the frames; transparent pixels become mid-grey."""
    rgb = clip.frames[indices][:, *window]
    if clip.alpha is None:
        return rgb
    opaque = clip.alpha[indices][:, *window, None] >= 128
    return np.where(opaque, rgb, np.uint8(_BACKDROP))
