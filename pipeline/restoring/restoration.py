"""A window restored shot by shot: clean, enlarge, follow the faces, restore them."""

from dataclasses import dataclass, field

import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip, shown_ms
from pipeline.clips.shots import distinct, is_cut, split
from pipeline.faces import FaceTrack, track
from pipeline.networks.memory import give_back
from pipeline.report import Measurement
from pipeline.restoring.face_restoration import FaceRestoration
from pipeline.restoring.tools import Tools
from pipeline.settings import Settings


@dataclass(slots=True)
class Restoration:
    """Restores the windows of one clip, in order; `faces` is the most at once, `of_faces` counts what they came to."""

    measured: Measurement
    tools: Tools
    settings: Settings
    faces: int = 0
    of_faces: FaceRestoration = field(init=False)

    def __post_init__(self) -> None:
        self.of_faces = FaceRestoration(self.measured, self.tools, self.settings)

    def window(self, clip: Clip) -> UInt8:
        """Restore (T, H, W, 3) frames to (T, scale*H, scale*W, 3) uint8 sRGB; nothing is carried over a cut.

        `clip.loop` is not None only where the window is the whole clip, so that it may wrap round.
        """
        give_back()
        self.of_faces.next_window()
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
        durations = np.bincount(number, [shown_ms(ms) for ms in clip.durations_ms.tolist()]).astype(np.int32)
        return self._distinct(Clip(clip.frames[first], None, durations, clip.loop))[number]

    def _distinct(self, clip: Clip) -> UInt8:
        loops = clip.loop is not None and not is_cut(clip.frames[-1], clip.frames[0])
        background = self.tools.background(clip.frames, self.measured)
        cleaned, out = background.cleaned, background.enlarged
        steady = Clip(cleaned, None, clip.durations_ms, clip.loop)
        tracks = track(steady, self.settings.faces, loops, self.tools.detector)
        self.faces = max(self.faces, _most_at_once(tracks, len(clip)))
        self.of_faces.shot(clip.frames, steady, tracks, loops, out)
        return out


def _most_at_once(tracks: list[FaceTrack], length: int) -> int:
    present = np.zeros(length, int)
    for face in tracks:
        present[face.start : face.stop] += 1
    return int(present.max(initial=0))
