"""A GIF of at most so many bytes: each pass gives up a little more, in the order that is least seen.

First a firmer hold, then fewer colours, then fewer frames (the others show longer), then a smaller picture.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import cv2
import numpy as np

from pipeline.clip import Frame
from pipeline.settings import Gif

from .encoder import OPAQUE_FROM, Tuning
from .writer import Encoded, Frames, encode

_HOLDS = (36, 54, 81, 122, 182)
_COLOURS = (128, 64, 32)
_EVERY = (2, 3)
_SCALES = (0.8, 0.65, 0.5, 0.35, 0.25, 0.15)


@dataclass(frozen=True, slots=True)
class _Step:
    tuning: Tuning
    every: int = 1
    scale: float = 1.0

    def frames(self, frames: Iterable[Frame]) -> Iterable[Frame]:
        return _scaled(_thinned(frames, self.every), self.scale)

    def notes(self, first: Tuning) -> tuple[str, ...]:
        told = []
        if self.tuning.hold != first.hold:
            told.append(f"hold {self.tuning.hold} instead of {first.hold}")
        if self.tuning.colours != first.colours:
            told.append(f"{self.tuning.colours} colours instead of {first.colours}")
        if self.every > 1:
            told.append(f"one frame of {self.every}")
        if self.scale < 1:
            told.append(f"sides × {self.scale:g}")
        return tuple(f"max_bytes: {what}" for what in told)


def encode_within(frames: Frames, loop: int | None, file: BinaryIO, options: Gif) -> Encoded:
    """Encode into `file` from its start, within `options.max_bytes` (0: any size) where any step reaches it.

    Where none does, the smallest is left, and its notes say so.
    """
    first = Tuning.of(options)
    for step in _steps(first):
        file.seek(0)
        file.truncate()
        encoded = encode(step.frames(frames()), loop, file, step.tuning, options.max_bytes)
        if not options.max_bytes or encoded.bytes <= options.max_bytes:
            return encoded._replace(notes=encoded.notes + step.notes(first))
    file.seek(0)
    file.truncate()
    encoded = encode(step.frames(frames()), loop, file, step.tuning)
    missed = f"max_bytes: {options.max_bytes} cannot be reached, {encoded.bytes} were"
    return encoded._replace(notes=(*encoded.notes, *step.notes(first), missed))


def _steps(first: Tuning) -> Iterator[_Step]:
    """Each step gives up what the one before did, and a little more."""
    step = _Step(first)
    yield step
    for held in _HOLDS:
        if held > first.hold:
            step = replace(step, tuning=replace(step.tuning, hold=held, slack=max(first.slack, held // 2)))
            yield step
    for colours in _COLOURS:
        if colours < first.colours:
            step = replace(step, tuning=replace(step.tuning, colours=colours))
            yield step
    for every in _EVERY:
        step = replace(step, every=every)
        yield step
    for scale in _SCALES:
        step = replace(step, scale=scale)
        yield step


def _thinned(frames: Iterable[Frame], every: int) -> Iterator[Frame]:
    held: Frame | None = None
    for number, frame in enumerate(frames):
        if number % every == 0:
            if held is not None:
                yield held
            held = frame
        elif held is not None:
            held = replace(held, duration_ms=held.duration_ms + frame.duration_ms)
    if held is not None:
        yield held


def _scaled(frames: Iterable[Frame], scale: float) -> Iterator[Frame]:
    for frame in frames:
        height, width = frame.rgb.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if scale == 1:
            yield frame
            continue
        rgb = np.asarray(cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
        alpha = None
        if frame.alpha is not None:
            shrunk = cv2.resize(frame.alpha, size, interpolation=cv2.INTER_AREA)
            alpha = np.where(shrunk >= OPAQUE_FROM, 255, 0).astype(np.uint8)
        yield Frame(rgb, alpha, frame.duration_ms)
