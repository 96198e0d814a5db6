"""A window restored shot by shot: clean, upscale, restore the faces, hold them steady, paste them in."""

from dataclasses import dataclass, field

import numpy as np

from pipeline import background
from pipeline.clip import Clip, UInt8
from pipeline.faces import FaceTrack, align, paste, track
from pipeline.report import Measurement
from pipeline.restore import classic
from pipeline.restore.loading import Loaded
from pipeline.restore.restorer import FaceFailed, Restorer
from pipeline.settings import Settings
from pipeline.shots import distinct, is_cut, split
from pipeline.temporal import keyframes


@dataclass(slots=True)
class Restoration:
    """Restores the windows of one clip and counts what that came to."""

    measured: Measurement
    loaded: Loaded
    settings: Settings
    faces: int = 0
    face_errors: int = 0
    restored_frames: int = 0
    warnings: list[str] = field(default_factory=list)

    def window(self, clip: Clip) -> UInt8:
        """Restore (T, H, W, 3) frames to (T, scale*H, scale*W, 3) uint8 sRGB; nothing is carried over a cut.

        `clip.loop` is not None only where the window is the whole clip, so that it may wrap round.
        """
        found = split(clip)
        loop = clip.loop if len(found) == 1 else None
        parts = [Clip(clip.frames[s.start : s.stop], None, clip.durations_ms[s.start : s.stop], loop) for s in found]
        return np.concatenate([self._shot(part) for part in parts])

    def _shot(self, clip: Clip) -> UInt8:
        """Frames equal to the one before them are worked on once, so that they stay equal."""
        number = distinct(clip.frames)
        first = np.unique(number, return_index=True)[1]
        durations = np.bincount(number, clip.durations_ms).astype(np.int32)
        return self._distinct(Clip(clip.frames[first], None, durations, clip.loop))[number]

    def _distinct(self, clip: Clip) -> UInt8:
        loops = clip.loop is not None and not is_cut(clip.frames[-1], clip.frames[0])
        cleaned = classic.clean(clip.frames, self.measured)
        out = background.upscale(cleaned, self.settings)
        tracks = track(Clip(cleaned, None, clip.durations_ms, clip.loop), self.settings.faces, loops)
        self.faces = max(self.faces, _most_at_once(tracks, len(clip)))
        if self.loaded.restorer is not None:
            for face in tracks:
                self._face(clip, face, self.loaded.restorer, loops, out)
        return out

    def _face(self, clip: Clip, face: FaceTrack, restorer: Restorer, loops: bool, out: UInt8) -> None:
        """Restore one face over time and paste it into `out` (T, sH, sW, 3), or leave it and count the error."""
        shown = slice(face.start, face.stop)
        matrices = [align.matrix(points) for points in face.landmarks]
        crops = np.stack([align.crop(rgb, m) for rgb, m in zip(clip.frames[shown], matrices, strict=True)])
        try:
            restored, keys = keyframes.restore_keyframes(
                crops, restorer.restore, self.settings.temporal, clip.durations_ms[shown], loops
            )
        except FaceFailed as error:
            self.face_errors += 1
            self.warnings.append(f"a face was left as the background: {error}")
            return
        self.restored_frames += len(keys)
        for t, new, crop, matrix, weight in zip(
            range(face.start, face.stop), restored, crops, matrices, face.weight, strict=True
        ):
            out[t] = paste.paste(out[t], new, crop, matrix, self.settings.upscale, float(weight))


def _most_at_once(tracks: list[FaceTrack], length: int) -> int:
    present = np.zeros(length, int)
    for face in tracks:
        present[face.start : face.stop] += 1
    return int(present.max(initial=0))
