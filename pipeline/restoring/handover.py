"""What a window leaves to the next, which begins with its last frames: the faces of its last frame, restored."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.arrays import Float64, UInt8
from pipeline.faces.align import SIDE, TEMPLATE

_NEAR = 16.0  # px of the aligned face; what is aligned further apart is another face


def _nothing() -> UInt8:
    """No frame: what the first window is left."""
    return np.empty((0, 0, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class Handover:
    """A frame (H, W, 3) as it was read, and its faces: alignments (2, 3) with restored pictures (512, 512, 3)."""

    frame: UInt8 = field(default_factory=_nothing)
    faces: list[tuple[Float64, UInt8]] = field(default_factory=list)

    def known(self, frames: UInt8, matrices: Sequence[Float64]) -> dict[int, UInt8]:
        """The picture that is restored already of a face on `frames` (N, H, W, 3), aligned by `matrices`, by index.

        It is taken over where the frame is the same, and the alignment nearly so: it is moved into the new one.
        """
        for i, frame in enumerate(frames):
            if np.array_equal(frame, self.frame):
                found = self._face(matrices[i])
                return {} if found is None else {i: found}
        return {}

    def _face(self, to_face: Float64) -> UInt8 | None:
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
