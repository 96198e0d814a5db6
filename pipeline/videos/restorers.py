"""What restores a shot: the settings' own tools, window by window, so that memory does not grow with its length."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.clips.clip import Clip, Frame, UInt8
from pipeline.clips.windows import evened, restore_windows, window_length
from pipeline.measuring import measure
from pipeline.report import Measurement
from pipeline.restoring.restoration import Restoration
from pipeline.restoring.tools import Tools, tools
from pipeline.settings import Settings

_LOOKS = 2  # every second frame of the sample is searched for faces: one of each pair


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a segment holds of one shot: `count` frames, upright, `width` × `height` px, without a cut.

    `sample()` gives frames of the whole shot to measure it on; `faces` says whether a sparse look saw one there.
    """

    count: int
    width: int
    height: int
    faces: bool
    frames: Iterator[Frame]
    sample: Callable[[], Clip]


class RestoreShot(Protocol):
    """Restores a stretch: one (sH, sW, 3) uint8 sRGB picture for each of its frames, in order.

    Segments are kept under its name. A stretch of the same shot may
    follow in another process, so that what is handed from one to the next must not change a picture.
    """

    @property
    def name(self) -> str:
        """Tells results apart that can differ."""
        ...

    def __call__(self, stretch: Stretch) -> Iterator[UInt8]:
        """The stretch's pictures, restored, as its frames are read."""
        ...


class SettingsRestorer:
    """Restores as `gifrestored process` restores a clip."""

    def __init__(self, settings: Settings, ready: Tools | None = None) -> None:
        """Load what the settings ask for. Raises WeightsMissing and WeightsWrong."""
        self._settings = settings
        self._tools = ready or tools(settings)
        self.warnings: list[str] = []
        self.faces = self.restored_frames = self.face_errors = 0
        if self._tools.loaded.fallback is not None:
            self.warnings.append(self._tools.loaded.fallback)

    @property
    def name(self) -> str:
        """The restorer, its engine and its numbers' type, which decide the pixels."""
        loaded = self._tools.loaded
        return f"{loaded.name} {loaded.engine} {loaded.device} {loaded.dtype}"

    def __call__(self, stretch: Stretch) -> Iterator[UInt8]:
        """The stretch's pictures, restored window by window."""
        settings, scale = self._settings, self._settings.upscale
        restoration = Restoration(self._measured(stretch), self._tools, settings)
        longest = window_length(stretch.width * scale, stretch.height * scale, settings.window_megapixels)
        length = evened(longest, stretch.count)
        windows = restore_windows(stretch.frames, length, lambda frames: restoration.window(Clip.of(frames)))
        for _, picture in windows:
            yield picture
        self._note(restoration)

    def _measured(self, stretch: Stretch) -> Measurement:
        sample = stretch.sample()
        looked = sample.frames[::_LOOKS] if stretch.faces else sample.frames[:0]
        return measure(sample, [face.landmarks for rgb in looked for face in self._tools.detector(rgb)])

    def _note(self, restoration: Restoration) -> None:
        done = restoration.of_faces
        self.faces = max(self.faces, restoration.faces)
        self.restored_frames += done.restored_frames
        self.face_errors += done.errors
        self.warnings += [warning for warning in done.warnings if warning not in self.warnings]
