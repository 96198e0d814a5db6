"""Encodes a GIF of at most `max_bytes`: each pass gives up a little more, beginning with what is least visible.

First comes a firmer hold, then fewer colours, then fewer frames (the others show longer), then a smaller picture.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame, shown_ms
from pipeline.settings import Gif

from .encoder import OPAQUE_FROM, Tuning
from .stream import Encoded, Frames, encode

_HOLDS = (30, 36, 44, 54, 66, 81, 100, 122, 149, 182)
_COLOURS = (128, 64, 32)
_EVERY = (2, 3)
_SCALES = (0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.15)


@dataclass(frozen=True, slots=True)
class _Step:
    tuning: Tuning
    every: int = 1
    scale: float = 1.0

    def frames(self, frames: Iterable[Frame]) -> Iterable[Frame]:
        return _scaled(_thinned(frames, self.every), self.scale)

    def notes(self, first: Tuning) -> tuple[str, ...]:
        changes = []
        if self.tuning.hold != first.hold:
            changes.append(f"hold {self.tuning.hold} instead of {first.hold}")
        if self.tuning.colours != first.colours:
            changes.append(f"{self.tuning.colours} colours instead of {first.colours}")
        if self.every > 1:
            changes.append(f"one frame of {self.every}")
        if self.scale < 1:
            changes.append(f"sides × {self.scale:g}")
        return tuple(f"max_bytes: {change}" for change in changes)


def encode_within(frames: Frames, loop: int | None, file: BinaryIO, options: Gif, comment: str = "") -> Encoded:
    """Encode into `file` from its start, with a `comment` if there is one, within `options.max_bytes` (0 = no limit).

    If no step is small enough, the file holds the smallest one, and the notes say so.
    """
    first, max_bytes = Tuning.of(options), options.max_bytes

    def encode_step(step: _Step, limit: int = max_bytes) -> Encoded:
        file.seek(0)
        file.truncate()
        encoded = encode(step.frames(frames()), loop, file, step.tuning, limit, comment)
        return encoded._replace(notes=encoded.notes + step.notes(first), every=step.every)

    encoded = encode_step(_Step(first))
    if not max_bytes or encoded.bytes <= max_bytes:
        return encoded
    for steps in _stages(first):
        if encode_step(steps[-1]).bytes <= max_bytes:
            return _encode_finest(steps, encode_step, max_bytes)
    encoded = encode_step(steps[-1], 0)
    return encoded._replace(notes=(*encoded.notes, f"max_bytes: {max_bytes} cannot be reached, {encoded.bytes} were"))


def _encode_finest(steps: list[_Step], encode_step: Callable[[_Step], Encoded], max_bytes: int) -> Encoded:
    """Encode the first of `steps` that fits, by bisection; the last step is known to fit."""
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high) // 2
        if encode_step(steps[middle]).bytes <= max_bytes:
            high = middle
        else:
            low = middle + 1
    return encode_step(steps[high])


def _stages(first: Tuning) -> Iterator[list[_Step]]:
    """Yield lists of steps, each coarser in the tuning: of all frames, then of fewer frames, then of smaller ones."""
    yield [_Step(tuning) for tuning in _coarser(first)]
    tunings = _coarser(replace(first, colours=min(first.colours, _COLOURS[0])))
    for every, scale in [*((every, 1.0) for every in _EVERY), *((_EVERY[-1], scale) for scale in _SCALES)]:
        yield [_Step(tuning, every, scale) for tuning in tunings]


def _coarser(first: Tuning) -> list[Tuning]:
    """Return tunings, each a little coarser than the one before; only `first` if nothing can be given up."""
    firmer = [replace(first, hold=hold, slack=max(first.slack, hold // 2)) for hold in _HOLDS if hold > first.hold]
    last = firmer[-1] if firmer else first
    return [*firmer, *(replace(last, colours=few) for few in _COLOURS if few < first.colours)] or [first]


def _thinned(frames: Iterable[Frame], every: int) -> Iterator[Frame]:
    pending: Frame | None = None  # its duration grows with the frames left out after it
    for number, frame in enumerate(frames):
        if number % every == 0:
            if pending is not None:
                yield pending
            pending = frame
        elif pending is not None:
            pending = replace(pending, duration_ms=shown_ms(pending.duration_ms) + shown_ms(frame.duration_ms))
    if pending is not None:
        yield pending


def _scaled(frames: Iterable[Frame], scale: float) -> Iterator[Frame]:
    for frame in frames:
        if scale == 1:
            yield frame
            continue
        height, width = frame.rgb.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        if frame.alpha is None:
            rgb = np.asarray(cv2.resize(frame.rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
            yield Frame(rgb, None, frame.duration_ms)
        else:
            yield Frame(*_scaled_visible(frame.rgb, frame.alpha, size), frame.duration_ms)


def _scaled_visible(rgb: UInt8, alpha: UInt8, size: tuple[int, int]) -> tuple[UInt8, UInt8]:
    """Scale visible pixels only, or the colours beneath transparent pixels would fringe the edges."""
    visible = (alpha >= OPAQUE_FROM).astype(np.float32)
    share = np.asarray(cv2.resize(visible, size, interpolation=cv2.INTER_AREA))
    mixed = np.asarray(cv2.resize(rgb * visible[..., None], size, interpolation=cv2.INTER_AREA))
    shown = np.where(share >= 0.5, 255, 0).astype(np.uint8)
    return np.rint(mixed / np.maximum(share, 1e-6)[..., None]).clip(0, 255).astype(np.uint8), shown
