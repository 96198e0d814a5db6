"""Hands the restored faces of a window's last frame to the next window, which has that frame too."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.arrays import Float64, UInt8
from pipeline.clips.clip import Shot
from pipeline.clips.window import Window
from pipeline.faces.align import SIDE, TEMPLATE

_NEAR = 16.0  # px of the aligned face; if alignments differ by more, they are of different faces


@dataclass(frozen=True, slots=True)
class Handover:
    """A frame's index in the clip, and its faces: alignments (2, 3) with restored pictures (512, 512, 3).

    `frame` is None before the first window.
    """

    frame: int | None = None
    faces: list[tuple[Float64, UInt8]] = field(default_factory=list)

    def picture_in(self, window: Window, shot: Shot) -> int | None:
        """Return which picture of a shot of the next window shows the frame; None if it is not in that shot."""
        if self.frame is None or not shot.start <= self.frame - window.start < shot.stop:
            return None
        picture = window.equal.picture
        return int(picture[self.frame - window.start] - picture[shot.start])

    def face(self, to_face: Float64) -> UInt8 | None:
        """Return the restored face with an alignment near `to_face` (2, 3), warped to that alignment, or None."""
        steps = [(map_between(matrix, to_face), picture) for matrix, picture in self.faces]
        near = [(step, picture) for step, picture in steps if moved_px(step) < _NEAR]
        if not near:
            return None
        step, picture = min(near, key=lambda candidate: moved_px(candidate[0]))
        interpolation, border = cv2.INTER_LANCZOS4, cv2.BORDER_REPLICATE
        return np.asarray(cv2.warpAffine(picture, step, (SIDE, SIDE), flags=interpolation, borderMode=border), np.uint8)


def map_between(matrix: Float64, to_face: Float64) -> Float64:
    """Return the map (2, 3) from a face aligned by `matrix` to the same face aligned by `to_face`."""
    return np.asarray(to_face @ np.vstack([cv2.invertAffineTransform(matrix), [0, 0, 1]]), np.float64)


def moved_px(step: Float64) -> float:
    """Return how far such a map moves the eyes, the nose or the mouth at most."""
    return float(np.linalg.norm(TEMPLATE @ step[:, :2].T + step[:, 2] - TEMPLATE, axis=1).max())
