"""A bounded stretch of a clip, and where in the clip it lies."""

from dataclasses import dataclass

from pipeline.clips.clip import Clip
from pipeline.clips.equal_frames import EqualFrames


@dataclass(frozen=True, slots=True)
class Window:
    """Some frames of a clip, as many as are worked on at once.

    `start` is the place in the clip of the first of `frames`. The first `overlap` frames are the last ones of the
    window before; 0 in the first window. `equal` tells which of the frames are duplicates, so that nobody compares
    them again. `frames.loop` is not None only where the window is the whole clip, and so may wrap round.
    """

    frames: Clip
    equal: EqualFrames
    start: int = 0
    overlap: int = 0
    is_last: bool = True

    @classmethod
    def whole(cls, clip: Clip) -> "Window":
        """Make a clip its only window."""
        return cls(clip, EqualFrames.find(clip.frames))

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def last_frame(self) -> int:
        """The place in the clip of the last frame, which the next window has too."""
        return self.start + len(self) - 1

    def repeats(self, index: int) -> bool:
        """Tell whether the window's frame `index`, from 1 on, equals the one before it."""
        return bool(self.equal.picture[index] == self.equal.picture[index - 1])
