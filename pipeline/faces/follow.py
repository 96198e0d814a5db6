"""Turns a shot into face tracks: detects faces, joins them over time, fills gaps, smooths and fades."""

from dataclasses import replace

import numpy as np

from pipeline.arrays import Float32, Float64, Int32
from pipeline.clips.clip import Clip, shown_ms
from pipeline.faces.align import alignable, rigid
from pipeline.faces.assign import join, same_face
from pipeline.faces.between import fill_in
from pipeline.faces.detect import Detection, Detector, yunet
from pipeline.faces.facetrack import FaceTrack
from pipeline.faces.orientation import upright
from pipeline.faces.smooth import fade, smooth
from pipeline.settings import Faces

BLINK_MS = 100  # a shorter track without a convincing score is a false detection
CONVINCING = 0.8
SEAM = 0.05  # face sizes; a resting face may seem to move so far from a loop's last frame to its first


def track(clip: Clip, settings: Faces, loops: bool = False, detector: Detector | None = None) -> list[FaceTrack]:
    """Follow the faces of one shot (a clip without cuts); return tracks, longest first.

    `loops` says that the shot is a whole clip that plays in a loop: its first frame follows its last.
    """
    times = starts_ms(clip.durations_ms)
    detect_faces = detector or yunet(settings)
    chains = join(detect(clip, settings, detect_faces), times, settings.max_gap_ms)
    raw = [fill_in(upright(chain, clip.frames, detect_faces), clip.frames) for chain in chains]
    raw = [face for face in raw if _is_credible(face, times, len(clip))]
    tracks = [_finish(face, raw, times, settings, loops, len(clip)) for face in raw]
    return sorted(tracks, key=lambda face: (face.start - face.stop, face.start))


def starts_ms(durations_ms: Int32) -> Float64:
    """Return when each frame appears and the last one ends, (T + 1,) ms, from delays (T,), as players show them."""
    return np.concatenate([[0.0], np.cumsum([shown_ms(ms) for ms in durations_ms.tolist()], dtype=np.float64)])


def detect(clip: Clip, settings: Faces, detector: Detector) -> list[list[Detection] | None]:
    """Return the detections of each frame, None for frames skipped by `detect_every`; detect duplicate frames once."""
    detections: list[list[Detection] | None] = [None] * len(clip)
    last: int | None = None
    for i in range(len(clip)):
        if i % settings.detect_every and i != len(clip) - 1:
            continue
        if last is not None and np.array_equal(clip.frames[i], clip.frames[last]):
            detections[i] = detections[last]
        else:
            detections[i] = [face for face in detector(clip.frames[i]) if alignable(face.landmarks)]
        last = i
    return detections


def _is_credible(face: FaceTrack, times: Float64, frames: int) -> bool:
    fills_the_shot = face.stop - face.start == frames
    return fills_the_shot or times[face.stop] - times[face.start] >= BLINK_MS or face.scores.max() >= CONVINCING


def _finish(
    face: FaceTrack, raw: list[FaceTrack], times: Float64, settings: Faces, loops: bool, frames: int
) -> FaceTrack:
    """Smooth the landmarks, across the seam if the clip loops, and fade the track in and out."""
    before = _track_before(face, raw, frames) if loops and face.start == 0 else None
    after = _track_after(face, raw) if loops and face.stop == frames else None
    landmarks = smooth(face, times, settings.smooth_ms, before, after)
    if settings.smooth_ms and len(landmarks) > 1:
        landmarks = rigid(landmarks)
    return replace(face, landmarks=landmarks, weight=fade(face, times, settings.fade_ms, frames))


def _track_before(face: FaceTrack, raw: list[FaceTrack], frames: int) -> FaceTrack | None:
    """Return the track that runs up to the loop's seam and continues as this one."""
    return next((f for f in raw if f.stop == frames and _continues(f, face)), None)


def _track_after(face: FaceTrack, raw: list[FaceTrack]) -> FaceTrack | None:
    """Return the track that continues this one after the loop's seam."""
    return next((f for f in raw if f.start == 0 and _continues(face, f)), None)


def _continues(last: FaceTrack, first: FaceTrack) -> bool:
    """Whether a face moves no more across the seam than beside it.

    A clip may jump back there. Smoothing over the jump moved both ends by 3 to 18 % of the face's size on nine of
    fifteen real clips.
    """
    beside = max(_motion_px(last.landmarks[-2:]), _motion_px(first.landmarks[:2]))
    over = _motion_px(np.stack([last.landmarks[-1], first.landmarks[0]]))
    at_rest = SEAM * float(np.sqrt(np.prod(last.boxes[-1, 2:])))
    return over <= max(at_rest, 2 * beside) and same_face(_detection(last, -1), _detection(first, 0))


def _motion_px(landmarks: Float32) -> float:
    """Return how far (px) a face moves from the first to the last of landmarks (N, 5, 2)."""
    return float(np.linalg.norm(landmarks[-1] - landmarks[0], axis=1).mean())


def _detection(face: FaceTrack, i: int) -> Detection:
    return Detection(face.boxes[i], face.landmarks[i], float(face.scores[i]))
