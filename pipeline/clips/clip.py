"""The data types of clips: a `Frame`, a `Clip` of frames held in memory, a `Shot`, and what a file's header says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Int32, UInt8

_TOO_SHORT_MS, _SHOWN_MS = 10, 100  # what players do with delays that once meant "as fast as you can"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture as a player shows it.

    `rgb` is (H, W, 3) uint8 sRGB; `alpha` (H, W) uint8, 255 = opaque, or None if everything is opaque.
    `duration_ms` is what the file says; players show a frame of 0 or 10 ms for 100 ms.
    """

    rgb: UInt8
    alpha: UInt8 | None
    duration_ms: int

    def on_white(self) -> UInt8:
        """Return the picture on white (H, W, 3) uint8, for whatever has no transparency: MP4, scores, the report."""
        if self.alpha is None:
            return self.rgb
        share = self.alpha[..., None] / np.float32(255)
        return np.rint(self.rgb * share + 255 * (1 - share)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Clip:
    """Some frames of a file, held in memory.

    `frames` is (T, H, W, 3) uint8 sRGB; `alpha` (T, H, W) uint8 or None; `durations_ms` (T,) int32;
    `loop` is None (plays once, no loop extension), 0 (for ever) or the count in the file.
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
        """Return one frame as a view; its alpha is None if the frame is opaque, as from a reader."""
        alpha = None if self.alpha is None else self.alpha[index]
        if alpha is not None and (alpha == 255).all():
            alpha = None
        return Frame(self.frames[index], alpha, int(self.durations_ms[index]))

    @classmethod
    def of(cls, frames: Iterable[Frame], loop: int | None = None) -> "Clip":
        """Stack frames of equal size; the clip has alpha if a frame has it. Raises ValueError if there is no frame."""
        stacked = list(frames)
        if not stacked:
            raise ValueError("a clip has at least one frame")
        alpha = None
        if any(f.alpha is not None for f in stacked):
            alpha = np.stack([np.full(f.rgb.shape[:2], 255, np.uint8) if f.alpha is None else f.alpha for f in stacked])
        durations = np.array([f.duration_ms for f in stacked], np.int32)
        return cls(np.stack([f.rgb for f in stacked]), alpha, durations, loop)


def shown_ms(duration_ms: int) -> int:
    """Return how long players show a frame of an animation: 100 ms if the file says 10 or less."""
    return duration_ms if duration_ms > _TOO_SHORT_MS else _SHOWN_MS


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a file's headers say, before a pixel is decoded.

    `frames` and `duration_ms` are None if the container does not say. `loop` as in `Clip`.
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
