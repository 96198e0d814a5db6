"""The data class of one followed face."""

from dataclasses import dataclass

from pipeline.arrays import Float32


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One face over the frames `start` (inclusive) to `stop` (exclusive) of a shot, N = stop − start.

    `landmarks` (N, 5, 2) float32 px are smoothed, and have the template's shape if there is more than one frame.
    `boxes` (N, 4) float32 are left, top, width, height in px. `scores` (N,) float32 are 0 in frames where the face was
    filled in rather than detected. `weight` (N,) float32 in [0, 1] is how far the face is faded in.
    """

    start: int
    stop: int
    landmarks: Float32
    boxes: Float32
    scores: Float32
    weight: Float32
