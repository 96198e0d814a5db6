"""A window restored shot by shot: clean, upscale, restore the faces, hold them steady, paste them in."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.clip import Clip, UInt8
from pipeline.faces import FaceTrack, align, paste, track
from pipeline.faces.align import Float32, Float64
from pipeline.faces.mask import static
from pipeline.report import Measurement
from pipeline.restore.allocator import give_back
from pipeline.restore.restorer import FaceFailed, Restorer
from pipeline.settings import Settings
from pipeline.shots import distinct, is_cut, split
from pipeline.temporal import keyframes
from pipeline.tools import Tools


@dataclass(slots=True)
class Restoration:
    """Restores the windows of one clip and counts what that came to."""

    measured: Measurement
    tools: Tools
    settings: Settings
    faces: int = 0
    face_errors: int = 0
    restored_frames: int = 0
    warnings: list[str] = field(default_factory=list)

    def window(self, clip: Clip) -> UInt8:
        """Restore (T, H, W, 3) frames to (T, scale*H, scale*W, 3) uint8 sRGB; nothing is carried over a cut.

        `clip.loop` is not None only where the window is the whole clip, so that it may wrap round.
        """
        give_back()
        found = split(clip)
        if len(found) == 1:
            return self._shot(clip)
        count, height, width, _ = clip.frames.shape
        scale = self.settings.upscale
        out = np.empty((count, scale * height, scale * width, 3), np.uint8)
        for shot in found:
            here = slice(shot.start, shot.stop)
            out[here] = self._shot(Clip(clip.frames[here], None, clip.durations_ms[here]))
        return out

    def _shot(self, clip: Clip) -> UInt8:
        """Frames equal to the one before them are worked on once, so that they stay equal."""
        number = distinct(clip.frames)
        if number[-1] == len(number) - 1:
            return self._distinct(clip)
        first = np.unique(number, return_index=True)[1]
        durations = np.bincount(number, clip.durations_ms).astype(np.int32)
        return self._distinct(Clip(clip.frames[first], None, durations, clip.loop))[number]

    def _distinct(self, clip: Clip) -> UInt8:
        loops = clip.loop is not None and not is_cut(clip.frames[-1], clip.frames[0])
        background = self.tools.background(clip.frames, self.measured)
        cleaned, out = background.cleaned, background.enlarged
        steady = Clip(cleaned, None, clip.durations_ms, clip.loop)
        tracks = track(steady, self.settings.faces, loops, self.tools.detector)
        self.faces = max(self.faces, _most_at_once(tracks, len(clip)))
        if self.tools.loaded.restorer is not None:
            for face in tracks:
                self._face(steady, face, self.tools.loaded.restorer, loops, out)
        return out

    def _face(self, cleaned: Clip, face: FaceTrack, restorer: Restorer, loops: bool, out: UInt8) -> None:
        """Restore one face over time and paste it into `out` (T, sH, sW, 3), in place.

        It is held steady at the size it will have in `out`: what is smaller than a pixel there needs no keyframe.
        """
        shown = slice(face.start, face.stop)
        matrices = [align.matrix(points) for points in face.landmarks]
        side = _side(matrices, self.settings.upscale)
        pictures = zip(cleaned.frames[shown], matrices, strict=True)
        crops = np.stack([_resized(align.crop(rgb, matrix), side) for rgb, matrix in pictures])
        restored, keys = keyframes.restore_keyframes(
            crops,
            lambda some: self._restored(restorer, some),
            self.settings.temporal,
            cleaned.durations_ms[shown],
            loops and len(crops) == len(cleaned),
            features=align.features(side),
            shown=cv2.resize(static(), (side, side), interpolation=cv2.INTER_AREA).astype(np.float32),
            estimate=self.tools.estimate,
            noise_sigma=self.measured.grain_sigma_8bit,
        )
        self.restored_frames += len(keys)
        for t, new, crop, matrix, weight in zip(
            range(face.start, face.stop), restored, crops, matrices, face.weight, strict=True
        ):
            picture = _resized(new, align.SIDE)
            mask, source = self._mask(picture), _resized(crop, align.SIDE)
            out[t] = paste.paste(out[t], picture, source, matrix, self.settings.upscale, float(weight), mask)

    def _mask(self, face: UInt8) -> Float32 | None:
        return None if self.tools.mask is None else self.tools.mask(face)

    def _restored(self, restorer: Restorer, crops: UInt8) -> UInt8:
        """Restored faces; one that fails stays as it was, which the paste shows as the background, and is counted."""
        side = crops.shape[1]
        faces = np.stack([_resized(crop, align.SIDE) for crop in crops])
        try:
            restored = restorer.restore(faces)
        except FaceFailed as error:
            failed = list(error.failed)
            self.face_errors += len(failed)
            self.warnings.append(f"{len(failed)} faces were left as they were: {error}")
            restored = error.restored.copy()
            restored[failed] = faces[failed]
        return np.stack([_resized(face, side) for face in restored])


def _side(matrices: list[Float64], upscale: int) -> int:
    """The side in px, a multiple of 8, that an aligned crop has in the output: at least 128, at most its own."""
    out_px = [align.SIDE * upscale / float(np.sqrt(abs(np.linalg.det(m[:, :2])))) for m in matrices]
    return int(np.clip(np.ceil(np.median(out_px) / 8) * 8, 128, align.SIDE))


def _resized(picture: UInt8, side: int) -> UInt8:
    if len(picture) == side:
        return picture
    way = cv2.INTER_AREA if side < len(picture) else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=way), np.uint8)


def _most_at_once(tracks: list[FaceTrack], length: int) -> int:
    present = np.zeros(length, int)
    for face in tracks:
        present[face.start : face.stop] += 1
    return int(present.max(initial=0))
