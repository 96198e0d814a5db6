"""A window: some frames of a clip, and their place in it."""

from dataclasses import dataclass

from pipeline.clips.clip import Clip
from pipeline.clips.equal_frames import EqualFrames


@dataclass(frozen=True, slots=True)
class Window:
    """The frames of a clip that are in memory at once.

    `start` is the index in the clip of the first frame. The first `overlap` frames are also the last ones of the window
    before; in the first window it is 0. `equal` maps duplicate frames, so that nobody compares them again.
    `frames.loop` is not None only if the window is the whole clip, which then may wrap around.
    """

    frames: Clip
    equal: EqualFrames
    start: int = 0
    overlap: int = 0
    is_last: bool = True

    @classmethod
    def whole(cls, clip: Clip) -> "Window":
        """Return a window that holds the whole clip."""
        return cls(clip, EqualFrames.find(clip.frames))

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def last_frame(self) -> int:
        """The index in the clip of the last frame, which the next window has too."""
        return self.start + len(self) - 1

    def repeats(self, index: int) -> bool:
        """Return whether the window's frame `index`, from 1 on, equals the one before it."""
        return bool(self.equal.picture[index] == self.equal.picture[index - 1])
