"""A window restored shot by shot: clean, upscale, restore the faces, hold them steady, paste them in."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from pipeline import faces, restore
from pipeline.clip import Clip, UInt8
from pipeline.faces import align, paste
from pipeline.report import Measurement
from pipeline.restore import background, classic
from pipeline.settings import Settings
from pipeline.shots import distinct, is_cut, split
from pipeline.temporal import keyframes


@dataclass(slots=True)
class Tally:
    """What restoring a clip came to, over all its shots and windows."""

    faces: int = 0
    face_errors: int = 0
    restored_frames: int = 0
    warnings: list[str] = field(default_factory=list)


def restore_window(
    clip: Clip, measured: Measurement, loaded: restore.Loaded, settings: Settings, tally: Tally
) -> UInt8:
    """Restore (T, H, W, 3) frames to (T, scale*H, scale*W, 3) uint8 sRGB; nothing is carried over a cut."""
    found = split(clip)
    loop = clip.loop if len(found) == 1 else None
    parts = [Clip(clip.frames[s.start : s.stop], None, clip.durations_ms[s.start : s.stop], loop) for s in found]
    return np.concatenate([restore_shot(part, measured, loaded, settings, tally) for part in parts])


def restore_shot(clip: Clip, measured: Measurement, loaded: restore.Loaded, settings: Settings, tally: Tally) -> UInt8:
    """Restore the frames of one shot: (T, H, W, 3) to (T, scale*H, scale*W, 3) uint8 sRGB.

    Frames equal to the one before them are worked on once, so that they stay equal.
    """
    number = distinct(clip.frames)
    first = np.unique(number, return_index=True)[1]
    durations = np.bincount(number, clip.durations_ms).astype(np.int32)
    loops = clip.loop is not None and not is_cut(clip.frames[-1], clip.frames[0])
    picture = Clip(clip.frames[first], None, durations, clip.loop)
    return _restore_distinct(picture, loops, measured, loaded, settings, tally)[number]


def _restore_distinct(
    clip: Clip, loops: bool, measured: Measurement, loaded: restore.Loaded, settings: Settings, tally: Tally
) -> UInt8:
    cleaned = classic.clean(clip.frames, measured)
    out = background.upscale(cleaned, settings)
    tracks = faces.track(Clip(cleaned, None, clip.durations_ms, clip.loop), settings.faces, loops)
    tally.faces = max(tally.faces, _most_at_once(tracks, len(clip)))
    if loaded.restorer is None:
        return out
    for track in tracks:
        try:
            _restore_track(clip, track, loops, loaded.restorer.restore, settings, out, tally)
        except restore.FaceFailed as error:
            tally.face_errors += 1
            tally.warnings.append(f"a face was left as the background: {error}")
    return out


def _restore_track(
    clip: Clip,
    track: faces.FaceTrack,
    loops: bool,
    restorer: Callable[[UInt8], UInt8],
    settings: Settings,
    out: UInt8,
    tally: Tally,
) -> None:
    """Restore one face over time and paste it into `out` (T, sH, sW, 3), in place."""
    frames = range(track.start, track.stop)
    matrices = [align.matrix(points) for points in track.landmarks]
    crops = np.stack([align.crop(clip.frames[t], m) for t, m in zip(frames, matrices, strict=True)])
    whole = loops and len(crops) == len(clip)
    durations = clip.durations_ms[track.start : track.stop]
    restored, keys = keyframes.restore_keyframes(crops, restorer, settings.temporal, durations, whole)
    tally.restored_frames += len(keys)
    for i, t in enumerate(frames):
        weight = float(track.weight[i])
        out[t] = paste.paste(out[t], restored[i], crops[i], matrices[i], settings.upscale, weight)


def _most_at_once(tracks: list[faces.FaceTrack], length: int) -> int:
    present = np.zeros(length, int)
    for track in tracks:
        present[track.start : track.stop] += 1
    return int(present.max(initial=0))
