"""From a shot to face tracks: detect, join over time, fill in between, smooth, fade."""

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

BLINK_MS = 100  # a track shorter than this, with no score that convinces, is a false alarm
CONVINCING = 0.8
SEAM = 0.05  # face sizes that a face at rest may seem to move from a loop's last frame to its first


def track(clip: Clip, settings: Faces, loops: bool = False, detector: Detector | None = None) -> list[FaceTrack]:
    """Follow the faces of one shot (a clip without cuts), longest track first.

    `loops`: the shot is a whole clip that plays round, so its last frame is followed by its first.
    """
    times = starts_ms(clip.durations_ms)
    look = detector or yunet(settings)
    chains = join(detect(clip, settings, look), times, settings.max_gap_ms)
    raw = [fill_in(upright(chain, clip.frames, look), clip.frames) for chain in chains]
    raw = [face for face in raw if _believed(face, times, len(clip))]
    tracks = [_finish(face, raw, times, settings, loops, len(clip)) for face in raw]
    return sorted(tracks, key=lambda face: (face.start - face.stop, face.start))


def starts_ms(durations_ms: Int32) -> Float64:
    """When each frame appears, and when the last one goes: (T,) delays to (T + 1,) ms, as players time them."""
    return np.concatenate([[0.0], np.cumsum([shown_ms(ms) for ms in durations_ms.tolist()], dtype=np.float64)])


def detect(clip: Clip, settings: Faces, detector: Detector) -> list[list[Detection] | None]:
    """Detections of each frame; None for those passed over by `detect_every`. Equal frames are looked at once."""
    found: list[list[Detection] | None] = [None] * len(clip)
    last: int | None = None
    for i in range(len(clip)):
        if i % settings.detect_every and i != len(clip) - 1:
            continue
        if last is not None and np.array_equal(clip.frames[i], clip.frames[last]):
            found[i] = found[last]
        else:
            found[i] = [face for face in detector(clip.frames[i]) if alignable(face.landmarks)]
        last = i
    return found


def _believed(face: FaceTrack, times: Float64, frames: int) -> bool:
    whole = face.stop - face.start == frames
    return whole or times[face.stop] - times[face.start] >= BLINK_MS or face.scores.max() >= CONVINCING


def _finish(
    face: FaceTrack, raw: list[FaceTrack], times: Float64, settings: Faces, loops: bool, frames: int
) -> FaceTrack:
    """Smooth the landmarks and fade births and deaths; round the seam where the clip loops."""
    before = _ending(face, raw, frames) if loops and face.start == 0 else None
    after = _beginning(face, raw) if loops and face.stop == frames else None
    landmarks = smooth(face, times, settings.smooth_ms, before, after)
    if settings.smooth_ms and len(landmarks) > 1:
        landmarks = rigid(landmarks)
    return replace(face, landmarks=landmarks, weight=fade(face, times, settings.fade_ms, frames))


def _ending(face: FaceTrack, raw: list[FaceTrack], frames: int) -> FaceTrack | None:
    """The track that runs up to the loop's seam and goes on as this one."""
    return next((f for f in raw if f.stop == frames and _goes_on(f, face)), None)


def _beginning(face: FaceTrack, raw: list[FaceTrack]) -> FaceTrack | None:
    """The track that goes on beyond the loop's seam after this one."""
    return next((f for f in raw if f.start == 0 and _goes_on(face, f)), None)


def _goes_on(last: FaceTrack, first: FaceTrack) -> bool:
    """Whether a face moves over the seam as it does beside it.

    Smoothed over a jump back, both ends were 3 to 18 % of the face's size off on nine of fifteen real clips.
    """
    beside = max(_px(last.landmarks[-2:]), _px(first.landmarks[:2]))
    over = _px(np.stack([last.landmarks[-1], first.landmarks[0]]))
    at_rest = SEAM * float(np.sqrt(np.prod(last.boxes[-1, 2:])))
    return over <= max(at_rest, 2 * beside) and same_face(_seen(last, -1), _seen(first, 0))


def _px(landmarks: Float32) -> float:
    """How far a face moves from the first to the last of (N, 5, 2) landmarks."""
    return float(np.linalg.norm(landmarks[-1] - landmarks[0], axis=1).mean())


def _seen(face: FaceTrack, i: int) -> Detection:
    return Detection(face.boxes[i], face.landmarks[i], float(face.scores[i]))
