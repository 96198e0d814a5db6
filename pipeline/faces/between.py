"""Fills the frames between two sightings of a face: follows its landmarks from both sides, or in a straight line."""

from itertools import pairwise

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.faces.assign import Sighting
from pipeline.faces.facetrack import FaceTrack

STRAY = 0.5  # face sizes; a followed point farther than this from the straight line is lost
_WINDOW = (21, 21)


def fill_in(chain: list[Sighting], frames: UInt8) -> FaceTrack:
    """Return a track without gaps, not yet smoothed, from a chain of sightings in (T, H, W, 3) uint8 RGB frames."""
    start, stop = chain[0].frame, chain[-1].frame + 1
    landmarks = np.empty((stop - start, 5, 2), np.float32)
    boxes = np.empty((stop - start, 4), np.float32)
    scores = np.zeros(stop - start, np.float32)
    for sighting in chain:
        i = sighting.frame - start
        landmarks[i], boxes[i], scores[i] = sighting.face.landmarks, sighting.face.box, sighting.face.score
    for a, b in pairwise(chain):
        if b.frame - a.frame > 1:
            inner = slice(a.frame + 1 - start, b.frame - start)
            landmarks[inner] = _landmarks_between(a, b, frames)
            boxes[inner] = _line(a.face.box, b.face.box, b.frame - a.frame)
    return FaceTrack(start, stop, landmarks, boxes, scores, np.ones(stop - start, np.float32))


def _line(a: Float32, b: Float32, steps: int) -> Float32:
    """Return the steps − 1 values strictly between a and b."""
    share = np.arange(1, steps, dtype=np.float32).reshape(-1, *[1] * a.ndim) / steps
    return np.asarray(a + share * (b - a), np.float32)


def _landmarks_between(a: Sighting, b: Sighting, frames: UInt8) -> Float32:
    """Return landmarks (steps − 1, 5, 2), followed forward from a and backward from b and cross-faded."""
    steps = b.frame - a.frame
    line = _line(a.face.landmarks, b.face.landmarks, steps)
    grey = [cv2.cvtColor(frames[i], cv2.COLOR_RGB2GRAY) for i in range(a.frame, b.frame + 1)]
    forward = _follow(grey[:-1], a.face.landmarks)
    backward = _follow(grey[:0:-1], b.face.landmarks)[::-1]
    share = np.arange(1, steps, dtype=np.float32)[:, None, None] / steps
    followed = (1 - share) * forward + share * backward
    size = float(np.sqrt(np.prod(a.face.box[2:])))
    stray = np.linalg.norm(followed - line, axis=2) > STRAY * size
    lost = stray | ~np.isfinite(followed).all(2)
    return np.asarray(np.where(lost.any(1)[:, None, None], line, followed), np.float32)


def _follow(grey: list[UInt8], landmarks: Float32) -> Float32:
    """Follow the points through all pictures after the first, NaN once a point is lost (pyramidal Lucas–Kanade)."""
    points = landmarks.reshape(-1, 1, 2).copy()
    path = np.full((len(grey) - 1, 5, 2), np.nan, np.float32)
    for i, (now, following) in enumerate(pairwise(grey)):
        moved, status, _ = cv2.calcOpticalFlowPyrLK(now, following, points, np.empty(0), winSize=_WINDOW, maxLevel=3)
        if not np.all(status):
            break
        points = np.asarray(moved, np.float32)
        path[i] = points[:, 0]
    return path
