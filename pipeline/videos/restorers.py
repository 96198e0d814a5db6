"""What restores a shot: the settings' own tools, window by window, so that memory does not grow with its length."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip, Frame
from pipeline.clips.windows import even_length, restore_windows, window_length
from pipeline.measuring import measure
from pipeline.measuring.sample import largest_face
from pipeline.report import Measurement
from pipeline.restoring.clip_restoration import ClipRestoration
from pipeline.restoring.tools import Tools, tools
from pipeline.settings import Settings

from .planning.plan import Notes

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

    def take_notes(self) -> Notes:
        """What there is to tell of the stretches since the last call."""
        ...


class SettingsRestorer:
    """Restores as `gifrestored process` restores a clip."""

    def __init__(self, settings: Settings, ready: Tools | None = None) -> None:
        """Load what the settings ask for. Raises WeightsMissing and WeightsWrong."""
        self._settings = settings
        self._tools = ready or tools(settings)
        self._notes = Notes()

    @property
    def name(self) -> str:
        """The restorer, its engine and its numbers' type, which decide the pixels."""
        loaded = self._tools.loaded
        return f"{loaded.name} {loaded.engine} {loaded.device} {loaded.dtype}"

    def __call__(self, stretch: Stretch) -> Iterator[UInt8]:
        """The stretch's pictures, restored window by window."""
        settings, scale = self._settings, self._settings.upscale
        restoration = ClipRestoration(self._measured(stretch), self._tools, settings)
        longest = window_length(stretch.width * scale, stretch.height * scale, settings.window_megapixels)
        length = even_length(longest, stretch.count)
        for _, picture in restore_windows(stretch.frames, length, restoration.restore_window):
            yield picture
        faces = restoration.faces
        self._notes += Notes(restoration.most_faces, faces.errors, tuple(faces.warnings))

    def take_notes(self) -> Notes:
        """What there is to tell of the stretches since the last call."""
        notes, self._notes = self._notes, Notes()
        return notes

    def _measured(self, stretch: Stretch) -> Measurement:
        sample = stretch.sample()
        searched = sample.frames[::_LOOKS] if stretch.faces else sample.frames[:0]
        largest = (largest_face([face.landmarks for face in self._tools.detector(rgb)]) for rgb in searched)
        return measure(sample, [landmarks for landmarks in largest if landmarks is not None])
