"""The data of one followed face."""

from dataclasses import dataclass

from pipeline.arrays import Float32


@dataclass(frozen=True, slots=True)
class FaceTrack:
    """One face over the frames `start` (inclusive) to `stop` (exclusive) of a shot, N = stop − start.

    `landmarks` (N, 5, 2) float32 px, smoothed, and of the template's shape where there is more than one frame;
    `boxes` (N, 4) float32 left, top, width, height px; `scores` (N,) float32, 0 where the face was not detected but
    filled in; `weight` (N,) float32 in [0, 1]: how far it is faded in.
    """

    start: int
    stop: int
    landmarks: Float32
    boxes: Float32
    scores: Float32
    weight: Float32
