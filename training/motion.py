"""Makes clips from still pictures: sub-pixel pans, zooms, turns, local warps, a moving foreground, captions."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8

FINE = 2  # frames are drawn so many times larger, then area-averaged, to be as sharp as a camera's


@dataclass(frozen=True, slots=True)
class Course:
    """How a layer moves from frame to frame: pan in px, turn in degrees, zoom as a factor, smooth wobble in px."""

    pan: tuple[float, float]
    turn_deg: float
    zoom: float
    wobble: float


def clip(picture: UInt8, foreground: UInt8, frames: int, size: tuple[int, int], rng: np.random.Generator) -> UInt8:
    """Move a view of `size` (width, height) over a picture (H, W, 3) uint8; return (T, H, W, 3) uint8 sRGB.

    In half of the clips an ellipse cut out of `foreground` passes over the view; a fifth has a caption.
    """
    drawn = move_view(picture, frames, size, _course(rng), rng)
    if rng.random() < 0.5:
        over = move_view(foreground, frames, size, _course(rng), rng)
        masks = _masks(frames, size, rng)
        drawn = np.stack([_blend(*layers) for layers in zip(drawn, over, masks, strict=True)])
    return _add_caption(drawn, rng) if rng.random() < 0.2 else drawn


def _course(rng: np.random.Generator) -> Course:
    if rng.random() < 0.15:
        return Course((0.0, 0.0), 0.0, 1.0, 0.0)
    pan = rng.normal(0, rng.choice([0.7, 3.0]), 2)
    return Course((pan[0], pan[1]), rng.normal(0, 0.4), 1 + rng.normal(0, 0.006), rng.choice([0.0, 1.5]))


def move_view(picture: UInt8, frames: int, size: tuple[int, int], course: Course, rng: np.random.Generator) -> UInt8:
    """Move a view of `size` along `course` from a random place of a picture (H, W, 3); return (T, H, W, 3) uint8."""
    width, height = size[0] * FINE, size[1] * FINE
    max_share = min(picture.shape[1] / width, picture.shape[0] / height)
    share = max_share * rng.uniform(0.5, 1.0) if max_share > 1 else max_share  # source px per drawn px
    across = rng.uniform(0, max(picture.shape[1] - width * share, 0))
    down = rng.uniform(0, max(picture.shape[0] - height * share, 0))
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    wobble = _smooth(rng, width, height) * (course.wobble * FINE)
    drawn = []
    for t in range(frames):
        x, y = _moved_coordinates(columns - width / 2, rows - height / 2, course, t)
        x, y = x + wobble[..., 0] * np.sin(0.9 * t), y + wobble[..., 1] * np.cos(0.9 * t)
        at = ((x + width / 2) * share + across).astype(np.float32), ((y + height / 2) * share + down).astype(np.float32)
        fine = cv2.remap(picture, *at, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        drawn.append(cv2.resize(fine, size, interpolation=cv2.INTER_AREA))
    return np.stack(drawn)


def _moved_coordinates(x: Float32, y: Float32, course: Course, t: int) -> tuple[Float32, Float32]:
    angle, zoom = np.deg2rad(course.turn_deg * t), course.zoom**t
    cos, sin = zoom * np.cos(angle), zoom * np.sin(angle)
    return cos * x - sin * y + course.pan[0] * FINE * t, sin * x + cos * y + course.pan[1] * FINE * t


def _smooth(rng: np.random.Generator, width: int, height: int) -> Float32:
    coarse = rng.normal(0, 1, (4, 5, 2)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _masks(frames: int, size: tuple[int, int], rng: np.random.Generator) -> Float32:
    """Return masks (T, H, W, 1) float32 in [0, 1] of a soft-edged ellipse that moves through the view."""
    width, height = size
    place, pace = rng.uniform(0.2, 0.8, 2) * size, rng.normal(0, 3, 2)
    axes = tuple(int(side) for side in rng.uniform(0.1, 0.35, 2) * size)
    masks = np.zeros((frames, height, width), np.float32)
    for t in range(frames):
        centre = int((place[0] + pace[0] * t) * 16), int((place[1] + pace[1] * t) * 16)
        scaled = axes[0] * 16, axes[1] * 16
        cv2.ellipse(masks[t], centre, scaled, 20, 0, 360, 1.0, -1, cv2.LINE_AA, 4)
        masks[t] = cv2.GaussianBlur(masks[t], (0, 0), 0.7)
    return masks[..., None]


def _blend(below: UInt8, over: UInt8, mask: Float32) -> UInt8:
    return np.asarray(np.rint(below * (1 - mask) + over * mask), np.uint8)


def _add_caption(frames: UInt8, rng: np.random.Generator) -> UInt8:
    """Write white letters with a black outline, like the captions of GIFs."""
    letters = "".join(rng.choice(list("ABCDEFGHIKLMNOPRSTUWabdeghiknorst !?"), 12))
    height = frames.shape[1]
    at, size = (int(rng.uniform(4, 60)), int(rng.uniform(0.2, 0.95) * height)), float(rng.uniform(0.6, 1.6))
    written = frames.copy()
    for frame in written:
        cv2.putText(frame, letters, at, cv2.FONT_HERSHEY_DUPLEX, size, (0, 0, 0), 6, cv2.LINE_AA)
        cv2.putText(frame, letters, at, cv2.FONT_HERSHEY_DUPLEX, size, (255, 255, 255), 2, cv2.LINE_AA)
    return written
