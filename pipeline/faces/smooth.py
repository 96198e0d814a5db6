"""Removes jitter from landmarks, smoothing over time rather than frames, and fades faces in and out."""

import numpy as np

from pipeline.arrays import Float32, Float64
from pipeline.faces.facetrack import FaceTrack

FILLED_IN = 0.25  # weight of a filled-in frame against a detected one
REACH = 3.0  # standard deviations; farther neighbours do not count


def smooth(
    face: FaceTrack, times: Float64, sigma_ms: float, before: FaceTrack | None = None, after: FaceTrack | None = None
) -> Float32:
    """Return smoothed landmarks (N, 5, 2): each is taken from a straight line fitted to its neighbours in time.

    Neighbours are weighted by a Gaussian of `sigma_ms`. A local line, unlike a local mean, does not lag behind a moving
    head or pull the ends inwards (Cleveland 1979). `times` (T + 1,) ms. In a looping clip, `before` is the track that
    ends at the last frame and continues as this one, and `after` the one that continues this one from the first frame;
    both may be `face`.
    """
    if sigma_ms <= 0:
        return face.landmarks
    moments, landmarks, counts = _around_the_loop(face, times, before, after)
    own = times[face.start : face.stop]
    return np.stack([_fit_line(now, moments, landmarks, counts, sigma_ms) for now in own])


def _around_the_loop(
    face: FaceTrack, times: Float64, before: FaceTrack | None, after: FaceTrack | None
) -> tuple[Float64, Float32, Float32]:
    """Add the tracks beyond the loop's seam; return all times in ms, landmarks and their weights."""
    total = times[-1]
    parts = [(face, 0.0)]
    parts += [(before, -total)] if before else []
    parts += [(after, total)] if after else []
    moments = np.concatenate([times[part.start : part.stop] + shift for part, shift in parts])
    landmarks = np.concatenate([part.landmarks for part, _ in parts])
    scores = np.concatenate([part.scores for part, _ in parts])
    return moments, landmarks, np.where(scores > 0, scores, FILLED_IN).astype(np.float32)


def _fit_line(now: float, moments: Float64, landmarks: Float32, counts: Float32, sigma_ms: float) -> Float32:
    near = np.abs(moments - now) <= REACH * sigma_ms
    offset = (moments[near] - now) / sigma_ms
    weight = counts[near] * np.exp(-0.5 * offset**2)
    weight /= weight.sum()
    points = landmarks[near].reshape(len(offset), -1)
    mean_offset, mean = weight @ offset, weight @ points
    spread = weight @ (offset - mean_offset) ** 2
    # A line through two neighbours would repeat their jitter; the ridge turns it towards a mean where there are few.
    slope = (weight * (offset - mean_offset)) @ points / (spread + 0.05)
    return np.asarray(mean - slope * mean_offset, np.float32).reshape(5, 2)


def fade(face: FaceTrack, times: Float64, fade_ms: float, frames: int) -> Float32:
    """Return weights (N,) that rise after a face appears and fall before it goes, but not at the ends of the shot."""
    weight = np.ones(face.stop - face.start, np.float32)
    if fade_ms <= 0:
        return weight
    middle = (times[face.start : face.stop] + times[face.start + 1 : face.stop + 1]) / 2
    if face.start > 0:
        weight = np.minimum(weight, (middle - times[face.start]) / fade_ms)
    if face.stop < frames:
        weight = np.minimum(weight, (times[face.stop] - middle) / fade_ms)
    return weight.astype(np.float32)
