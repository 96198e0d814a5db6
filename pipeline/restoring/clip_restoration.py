"""Restores a clip window by window, and a window shot by shot: clean, enlarge, follow the faces, restore them."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.arrays import Int32, UInt8
from pipeline.clips.clip import Clip, Shot, shown_ms
from pipeline.clips.equal_frames import EqualFrames
from pipeline.clips.shots import is_cut, split
from pipeline.clips.window import Window
from pipeline.faces import FaceTrack, track
from pipeline.networks.memory import give_back
from pipeline.report import Measurement
from pipeline.restoring.face_restoration import CleanShot, FaceRestoration
from pipeline.restoring.tools import Tools
from pipeline.settings import Settings
from pipeline.understanding import ClipPlan, ShotPlan, plan_shot


@dataclass(slots=True)
class ClipRestoration:
    """Restores the windows of one clip, in order.

    `plan` says what was done to each shot so far, and why. `most_faces` is the largest number of faces in one frame.
    `faces` restores faces, and counts restored frames and errors.
    """

    measurement: Measurement
    tools: Tools
    settings: Settings
    plan: ClipPlan = field(default_factory=ClipPlan)
    most_faces: int = 0
    faces: FaceRestoration = field(init=False)

    def __post_init__(self) -> None:
        self.faces = FaceRestoration(self.measurement, self.tools, self.settings)

    def restore_window(self, window: Window) -> UInt8:
        """Restore (T, H, W, 3) frames to (T, scale*H, scale*W, 3) uint8 sRGB; nothing is carried across a cut."""
        give_back()
        self.faces.begin_window(window)
        shots = split(window.frames)
        if len(shots) == 1:
            out, plan = self._restore_shot(window, shots[0])
            self.plan.add_window([plan])
            return out
        count, height, width, _ = window.frames.frames.shape
        scale, plans = self.settings.upscale, list[ShotPlan]()
        out = np.empty((count, scale * height, scale * width, 3), np.uint8)
        for shot in shots:
            out[shot.start : shot.stop], plan = self._restore_shot(window, shot)
            plans.append(plan)
        self.plan.add_window(plans)
        return out

    def _restore_shot(self, window: Window, shot: Shot) -> tuple[UInt8, ShotPlan]:
        """Restore each picture of the shot once, so that duplicate frames stay equal."""
        equal = window.equal.part(shot.start, shot.stop)
        source = equal.pick(window.frames.frames[shot.start : shot.stop])
        background = self.tools.background(source, self.measurement)
        loop = window.frames.loop if len(equal.picture) == len(window) else None
        loops = loop is not None and not is_cut(source[-1], source[0])
        durations = _durations(window.frames.durations_ms[shot.start : shot.stop], equal)
        clean = CleanShot(Clip(background.cleaned, None, durations, loop), loops, window, shot)
        tracks = track(clean.clip, self.settings.faces, loops, self.tools.detector)
        self.most_faces = max(self.most_faces, _most_at_once(tracks, len(source)))
        place = Shot(window.start + shot.start, window.start + shot.stop)
        plan = plan_shot(place, len(tracks), self.measurement, self.settings, self.tools.loaded)
        if plan.restores_faces:
            self.faces.restore_shot(clean, tracks, background.enlarged)
        return equal.repeat(background.enlarged), plan


def _durations(durations_ms: Int32, equal: EqualFrames) -> Int32:
    """Return each picture's duration: the file's, or if there are duplicates the sum over them as players show them."""
    if equal.all_differ:
        return durations_ms
    return equal.add_up([shown_ms(ms) for ms in durations_ms.tolist()]).astype(np.int32)


def _most_at_once(tracks: list[FaceTrack], length: int) -> int:
    present = np.zeros(length, int)
    for face in tracks:
        present[face.start : face.stop] += 1
    return int(present.max(initial=0))
