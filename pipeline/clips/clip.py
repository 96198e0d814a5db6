"""The data that travels: one `Frame`, or a bounded window of them as a `Clip`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Int32, UInt8

_TOO_SHORT_MS, _SHOWN_MS = 10, 100  # what players do with delays that once meant "as fast as you can"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture as it is shown.

    `rgb` is (H, W, 3) uint8 sRGB; `alpha` (H, W) uint8, 255 = opaque, or None where everything is opaque;
    `duration_ms` is what the file says, which players may show longer (a GIF's 0 or 10 ms is shown as 100 ms).
    """

    rgb: UInt8
    alpha: UInt8 | None
    duration_ms: int

    def on_white(self) -> UInt8:
        """The picture as it is where nothing can be transparent: in an MP4, in scores, on a page."""
        if self.alpha is None:
            return self.rgb
        share = self.alpha[..., None] / np.float32(255)
        return np.rint(self.rgb * share + 255 * (1 - share)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Clip:
    """One bounded window of a file.

    `frames` is (T, H, W, 3) uint8 sRGB; `alpha` (T, H, W) uint8 or None; `durations_ms` (T,) int32;
    `loop` is None (plays once, no loop extension), 0 (for ever) or the count that the file states.
    """

    frames: UInt8
    alpha: UInt8 | None
    durations_ms: Int32
    loop: int | None = None

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[Frame]:
        return (self.frame(i) for i in range(len(self)))

    def frame(self, index: int) -> Frame:
        """Return one frame, a view; its alpha is None where all of it is opaque, as readers have it."""
        alpha = None if self.alpha is None else self.alpha[index]
        if alpha is not None and (alpha == 255).all():
            alpha = None
        return Frame(self.frames[index], alpha, int(self.durations_ms[index]))

    @classmethod
    def of(cls, frames: Iterable[Frame], loop: int | None = None) -> "Clip":
        """Stack frames of equal size; alpha is kept where at least one frame has it. Raises ValueError on none."""
        held = list(frames)
        if not held:
            raise ValueError("a clip has at least one frame")
        alpha = None
        if any(f.alpha is not None for f in held):
            alpha = np.stack([np.full(f.rgb.shape[:2], 255, np.uint8) if f.alpha is None else f.alpha for f in held])
        durations = np.array([f.duration_ms for f in held], np.int32)
        return cls(np.stack([f.rgb for f in held]), alpha, durations, loop)


def shown_ms(duration_ms: int) -> int:
    """How long players show a frame of an animation: 100 ms where the file says 10 or less."""
    return duration_ms if duration_ms > _TOO_SHORT_MS else _SHOWN_MS


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file's headers say, before a pixel is decoded.

    `frames` and `duration_ms` are None where the container does not tell. `loop` as in `Clip`.
    """

    format: str
    width: int
    height: int
    frames: int | None
    duration_ms: int | None
    loop: int | None
    bytes: int
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shot:
    """Frames `start` (inclusive) to `stop` (exclusive) of a clip, with no cut inside."""

    start: int
    stop: int
