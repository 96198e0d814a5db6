"""Restores faces over the frames of a shot: aligns them, restores keyframes, carries the rest, pastes the result."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from pipeline.arrays import Float64, UInt8
from pipeline.clips.clip import Clip, Shot
from pipeline.clips.window import Window
from pipeline.faces import FaceTrack, align, paste
from pipeline.faces.mask import static
from pipeline.networks.restorer import FaceFailed, Restorer
from pipeline.report import Measurement
from pipeline.restoring.handover import Handover
from pipeline.restoring.tools import Tools
from pipeline.settings import Settings
from pipeline.steadiness import keyframes


@dataclass(frozen=True, slots=True)
class CleanShot:
    """A shot, cleaned and without duplicate frames, in which faces are searched for.

    `clip` holds its T pictures; `loops` says whether the first follows the last. `place` is the shot in frames of its
    `window`.
    """

    clip: Clip
    loops: bool
    window: Window
    place: Shot

    @property
    def ends_window(self) -> bool:
        """Whether the last picture is the window's last frame, which the next window has too."""
        return self.place.stop == len(self.window)


@dataclass(slots=True)
class FaceRestoration:
    """Restores the faces of one clip, shot by shot, and counts restored frames and errors."""

    measurement: Measurement
    tools: Tools
    settings: Settings
    restored_frames: int = 0
    errors: int = 0
    warnings: list[str] = field(default_factory=list)
    _from_last: Handover = field(default_factory=Handover)
    _to_next: Handover = field(default_factory=Handover)

    def begin_window(self, window: Window) -> None:
        """Take over the restored faces of the last frame of the window before."""
        self._from_last, self._to_next = self._to_next, Handover(window.last_frame)

    def restore_shot(self, shot: CleanShot, tracks: list[FaceTrack], out: UInt8) -> None:
        """Restore the faces of the shot's T pictures and paste them into `out` (T, sH, sW, 3), in place.

        Raises ValueError if no face restorer is loaded.
        """
        restorer = self.tools.loaded.restorer
        if restorer is None:
            raise ValueError(f"faces cannot be restored by {self.tools.loaded.name}")
        for face in tracks:
            try:
                matrices = [align.matrix(points) for points in face.landmarks]
            except ValueError as error:
                self.errors += 1
                self.warnings.append(f"a face was not restored: {error}")
                continue
            self._restore_face(shot, face, matrices, restorer, out)

    def _restore_face(
        self, shot: CleanShot, face: FaceTrack, matrices: list[Float64], restorer: Restorer, out: UInt8
    ) -> None:
        """Restore one face at the size it will have in `out`: detail below a pixel there needs no keyframe."""
        shown, failed_before = slice(face.start, face.stop), self.errors
        side = _side(matrices, self.settings.upscale)
        pictures = zip(shot.clip.frames[shown], matrices, strict=True)
        crops = np.stack([_resized(align.crop(rgb, matrix), side) for rgb, matrix in pictures])
        restored, keys = keyframes.restore_keyframes(
            crops,
            lambda faces: self._restore_crops(restorer, faces),
            self.settings.temporal,
            shot.clip.durations_ms[shown],
            shot.loops and len(crops) == len(shot.clip),
            features=align.features(side),
            shown=cv2.resize(static(), (side, side), interpolation=cv2.INTER_AREA).astype(np.float32),
            known={i: _resized(picture, side) for i, picture in self._known_pictures(shot, face, matrices).items()},
            estimate=self.tools.estimate,
            noise_sigma=self.measurement.grain_sigma_8bit,
        )
        self.restored_frames += len(keys)
        self._paste(face, matrices, crops, restored, out)
        if shot.ends_window and face.stop == len(shot.clip) and self.errors == failed_before:
            self._to_next.faces.append((matrices[-1], _resized(restored[-1], align.SIDE)))

    def _known_pictures(self, shot: CleanShot, face: FaceTrack, matrices: list[Float64]) -> dict[int, UInt8]:
        """Return the picture of a face that the window before has restored, by its index in the track; {} if none."""
        shared = self._from_last.picture_in(shot.window, shot.place)
        if shared is None or not face.start <= shared < face.stop:
            return {}
        picture = self._from_last.face(matrices[shared - face.start])
        return {} if picture is None else {shared - face.start: picture}

    def _paste(self, face: FaceTrack, matrices: list[Float64], crops: UInt8, restored: UInt8, out: UInt8) -> None:
        frames = range(face.start, face.stop)
        for t, new, crop, matrix, weight in zip(frames, restored, crops, matrices, face.weight, strict=True):
            picture, source = _resized(new, align.SIDE), _resized(crop, align.SIDE)
            mask = None if self.tools.mask is None else self.tools.mask(picture)
            out[t] = paste.paste(out[t], picture, source, matrix, self.settings.upscale, float(weight), mask)

    def _restore_crops(self, restorer: Restorer, crops: UInt8) -> UInt8:
        """Restore crops; one that fails counts as an error and stays unchanged, so the paste shows the background."""
        side, failed = crops.shape[1], list[int]()
        try:
            restored = restorer.restore(np.stack([_resized(crop, align.SIDE) for crop in crops]))
        except FaceFailed as error:
            restored, failed = error.restored, list(error.failed)
            self.errors += len(failed)
            self.warnings.append(f"{len(failed)} faces were not restored: {error}")
        faces = np.stack([_resized(face, side) for face in restored])
        faces[failed] = crops[failed]
        return faces


def _side(matrices: list[Float64], upscale: int) -> int:
    """Return the side in px of an aligned crop in the output: a multiple of 8, at least 128, at most its own."""
    out_px = [align.SIDE * upscale / float(np.sqrt(abs(np.linalg.det(m[:, :2])))) for m in matrices]
    return int(np.clip(np.ceil(np.median(out_px) / 8) * 8, 128, align.SIDE))


def _resized(picture: UInt8, side: int) -> UInt8:
    if len(picture) == side:
        return picture
    interpolation = cv2.INTER_AREA if side < len(picture) else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (side, side), interpolation=interpolation), np.uint8)
