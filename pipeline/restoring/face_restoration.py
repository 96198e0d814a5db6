"""One face over the frames of a shot: aligned, restored where it must be, carried where it may be, pasted in."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.arrays import Float64, UInt8
from pipeline.clips.clip import Clip
from pipeline.clips.windows import OVERLAP
from pipeline.faces import FaceTrack, align, paste
from pipeline.faces.mask import static
from pipeline.networks.restorer import FaceFailed, Restorer
from pipeline.report import Measurement
from pipeline.restoring.handover import Handover
from pipeline.restoring.tools import Tools
from pipeline.settings import Settings
from pipeline.steadiness import keyframes


@dataclass(slots=True)
class FaceRestoration:
    """Restores the faces of one clip, shot by shot, and counts what that came to."""

    measured: Measurement
    tools: Tools
    settings: Settings
    restored_frames: int = 0
    errors: int = 0
    warnings: list[str] = field(default_factory=list)
    _known: Handover = field(default_factory=Handover)
    _left: Handover = field(default_factory=Handover)

    def next_window(self) -> None:
        """What the last window has left is known to every shot of the one that begins: it may cut where both meet."""
        self._known = self._left

    def shot(self, source: UInt8, cleaned: Clip, tracks: list[FaceTrack], loops: bool, out: UInt8) -> None:
        """Restore the faces of `cleaned` (T frames) and paste them into `out` (T, sH, sW, 3), in place.

        `source` (T, H, W, 3) are the frames as they were read: the first few may be the last of the window before.
        """
        restorer = self.tools.loaded.restorer
        if restorer is None:
            return
        self._left = Handover(source[-1].copy())
        for face in tracks:
            try:
                matrices = [align.matrix(points) for points in face.landmarks]
            except ValueError as error:
                self.errors += 1
                self.warnings.append(f"a face was left as it was: {error}")
                continue
            known = self._known.known(source[face.start : min(face.stop, OVERLAP)], matrices)
            self._face(cleaned, face, matrices, restorer, loops, known, out)

    def _face(
        self,
        cleaned: Clip,
        face: FaceTrack,
        matrices: list[Float64],
        restorer: Restorer,
        loops: bool,
        known: dict[int, UInt8],
        out: UInt8,
    ) -> None:
        """It is held steady at the size it will have in `out`: what is smaller than a pixel there needs no keyframe."""
        shown, failed_before = slice(face.start, face.stop), self.errors
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
            known={i: _resized(picture, side) for i, picture in known.items()},
            estimate=self.tools.estimate,
            noise_sigma=self.measured.grain_sigma_8bit,
        )
        self.restored_frames += len(keys)
        self._paste(face, matrices, crops, restored, out)
        if face.stop == len(cleaned) and self.errors == failed_before:
            self._left.faces.append((matrices[-1], _resized(restored[-1], align.SIDE)))

    def _paste(self, face: FaceTrack, matrices: list[Float64], crops: UInt8, restored: UInt8, out: UInt8) -> None:
        frames = range(face.start, face.stop)
        for t, new, crop, matrix, weight in zip(frames, restored, crops, matrices, face.weight, strict=True):
            picture, source = _resized(new, align.SIDE), _resized(crop, align.SIDE)
            mask = None if self.tools.mask is None else self.tools.mask(picture)
            out[t] = paste.paste(out[t], picture, source, matrix, self.settings.upscale, float(weight), mask)

    def _restored(self, restorer: Restorer, crops: UInt8) -> UInt8:
        """Restored faces; one that fails stays as it was, which the paste shows as the background, and is counted."""
        side, failed = crops.shape[1], list[int]()
        try:
            restored = restorer.restore(np.stack([_resized(crop, align.SIDE) for crop in crops]))
        except FaceFailed as error:
            restored, failed = error.restored, list(error.failed)
            self.errors += len(failed)
            self.warnings.append(f"{len(failed)} faces were left as they were: {error}")
        faces = np.stack([_resized(face, side) for face in restored])
        faces[failed] = crops[failed]
        return faces


def _side(matrices: list[Float64], upscale: int) -> int:
    """The side in px, a multiple of 8, that an aligned crop has in the output: at least 128, at most its own."""
    out_px = [align.SIDE * upscale / float(np.sqrt(abs(np.linalg.det(m[:, :2])))) for m in matrices]
    return int(np.clip(np.ceil(np.median(out_px) / 8) * 8, 128, align.SIDE))


def _resized(picture: UInt8, side: int) -> UInt8:
    if len(picture) == side:
        return picture
    way = cv2.INTER_AREA if side < len(picture) else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=way), np.uint8)
