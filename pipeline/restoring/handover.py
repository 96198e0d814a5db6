"""What a window hands over to the next: the restored faces of its last frame, which the next window has too."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.arrays import Float64, UInt8
from pipeline.clips.clip import Shot
from pipeline.clips.window import Window
from pipeline.faces.align import SIDE, TEMPLATE

_NEAR = 16.0  # px of the aligned face; what is aligned further apart is another face


@dataclass(frozen=True, slots=True)
class Handover:
    """The place of a frame in the clip, and its faces: alignments (2, 3) with restored pictures (512, 512, 3).

    `frame` is None before the first window.
    """

    frame: int | None = None
    faces: list[tuple[Float64, UInt8]] = field(default_factory=list)

    def picture_in(self, window: Window, shot: Shot) -> int | None:
        """Return which picture of a shot of the next window the frame shows; None if it is not in that shot."""
        if self.frame is None or not shot.start <= self.frame - window.start < shot.stop:
            return None
        picture = window.equal.picture
        return int(picture[self.frame - window.start] - picture[shot.start])

    def face(self, to_face: Float64) -> UInt8 | None:
        """Return the restored face that is aligned nearly as `to_face` (2, 3), moved into that alignment, or None."""
        steps = [(between(matrix, to_face), picture) for matrix, picture in self.faces]
        near = [(step, picture) for step, picture in steps if moved_px(step) < _NEAR]
        if not near:
            return None
        step, picture = min(near, key=lambda one: moved_px(one[0]))
        way, border = cv2.INTER_LANCZOS4, cv2.BORDER_REPLICATE
        return np.asarray(cv2.warpAffine(picture, step, (SIDE, SIDE), flags=way, borderMode=border), np.uint8)


def between(matrix: Float64, to_face: Float64) -> Float64:
    """The map (2, 3) from a face aligned by `matrix` to the same face aligned by `to_face`."""
    return np.asarray(to_face @ np.vstack([cv2.invertAffineTransform(matrix), [0, 0, 1]]), np.float64)


def moved_px(step: Float64) -> float:
    """How far such a map moves the eyes, the nose and the mouth at most."""
    return float(np.linalg.norm(TEMPLATE @ step[:, :2].T + step[:, 2] - TEMPLATE, axis=1).max())
