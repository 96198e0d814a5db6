"""Landmarks without jitter: smoothed by time, not by frame count; and faces that fade in and out."""

import numpy as np

from pipeline.arrays import Float32, Float64
from pipeline.faces.facetrack import FaceTrack

FILLED_IN = 0.25  # what a filled-in frame counts beside a detected one
REACH = 3.0  # standard deviations after which a neighbour counts nothing

Times = Float64


def smooth(
    face: FaceTrack, times: Times, sigma_ms: float, before: FaceTrack | None = None, after: FaceTrack | None = None
) -> Float32:
    """Landmarks (N, 5, 2) of the track, each from a straight line fitted to its neighbours in time.

    Neighbours count by a Gaussian of `sigma_ms`. A local line, unlike a local mean, does not lag behind a moving head
    or pull the ends inwards (Cleveland 1979). `times` (T + 1,) ms. In a looping clip, `before` is the track that runs
    up to the last frame and goes on as this one, `after` the one that follows from the first frame; both may be `face`.
    """
    if sigma_ms <= 0:
        return face.landmarks
    moments, landmarks, counts = _rounded(face, times, before, after)
    own = times[face.start : face.stop]
    return np.stack([_fitted(now, moments, landmarks, counts, sigma_ms) for now in own])


def _rounded(
    face: FaceTrack, times: Times, before: FaceTrack | None, after: FaceTrack | None
) -> tuple[Times, Float32, Float32]:
    """The track with its neighbours beyond the loop's seam: moments in ms, landmarks, what each counts."""
    total = times[-1]
    parts = [(face, 0.0)]
    parts += [(before, -total)] if before else []
    parts += [(after, total)] if after else []
    moments = np.concatenate([times[part.start : part.stop] + shift for part, shift in parts])
    landmarks = np.concatenate([part.landmarks for part, _ in parts])
    scores = np.concatenate([part.scores for part, _ in parts])
    return moments, landmarks, np.where(scores > 0, scores, FILLED_IN).astype(np.float32)


def _fitted(now: float, moments: Times, landmarks: Float32, counts: Float32, sigma_ms: float) -> Float32:
    near = np.abs(moments - now) <= REACH * sigma_ms
    offset = (moments[near] - now) / sigma_ms
    weight = counts[near] * np.exp(-0.5 * offset**2)
    weight /= weight.sum()
    points = landmarks[near].reshape(len(offset), -1)
    mean_offset, mean = weight @ offset, weight @ points
    spread = weight @ (offset - mean_offset) ** 2
    # two neighbours fix a line through themselves, jitter and all: the ridge makes it a mean where there are few
    slope = (weight * (offset - mean_offset)) @ points / (spread + 0.05)
    return np.asarray(mean - slope * mean_offset, np.float32).reshape(5, 2)


def fade(face: FaceTrack, times: Times, fade_ms: float, frames: int) -> Float32:
    """Weights (N,) that rise after a birth and fall before a death; the shot's own start and end are neither."""
    weight = np.ones(face.stop - face.start, np.float32)
    if fade_ms <= 0:
        return weight
    middle = (times[face.start : face.stop] + times[face.start + 1 : face.stop + 1]) / 2
    if face.start > 0:
        weight = np.minimum(weight, (middle - times[face.start]) / fade_ms)
    if face.stop < frames:
        weight = np.minimum(weight, (times[face.stop] - middle) / fade_ms)
    return weight.astype(np.float32)
