"""Finds duplicate frames, so that each picture is restored once and duplicates stay equal byte by byte."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Float64, UInt8

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class EqualFrames:
    """Maps T frames to P pictures: a duplicate frame shows the picture of the frame before it.

    `first` (P,) is the index of each picture's first frame; `picture` (T,) is the number of each frame's picture.
    """

    first: Indices
    picture: Indices

    @classmethod
    def find(cls, frames: UInt8) -> "EqualFrames":
        """Compare each of (T, H, W, 3) uint8 frames with the one before it, and return their map."""
        return cls._of([i == 0 or not np.array_equal(frames[i], frames[i - 1]) for i in range(len(frames))])

    @classmethod
    def none(cls, count: int) -> "EqualFrames":
        """Return the map of `count` frames without duplicates."""
        return cls._of([True] * count)

    @classmethod
    def _of(cls, is_new: Sequence[bool]) -> "EqualFrames":
        new = np.array(is_new, np.bool_)
        return cls(np.flatnonzero(new), np.cumsum(new) - 1)

    def part(self, start: int, stop: int) -> "EqualFrames":
        """Return the map of frames `start` (inclusive) to `stop` (exclusive), counted from `start`."""
        pictures = self.picture[start:stop]
        return self._of([True, *(a != b for a, b in pairwise(pictures))][: len(pictures)])

    @property
    def all_differ(self) -> bool:
        """Whether no frame equals the one before it."""
        return len(self.first) == len(self.picture)

    def pick(self, frames: NDArray[Any]) -> NDArray[Any]:
        """Return the first frame (P, ...) of each picture; `frames` itself if there are no duplicates."""
        return frames if self.all_differ else frames[self.first]

    def repeat(self, pictures: NDArray[Any]) -> NDArray[Any]:
        """Expand `pictures` (P, ...) to frames (T, ...); return `pictures` itself if there are no duplicates."""
        return pictures if self.all_differ else pictures[self.picture]

    def repeat_in_place(self, frames: NDArray[Any]) -> None:
        """Expand in place: the first P of (T, ...) frames are the pictures."""
        for i in range(len(self.picture) - 1, -1, -1):
            if self.picture[i] != i:
                frames[i] = frames[self.picture[i]]

    def add_up(self, values: Sequence[int]) -> Float64:
        """Sum the frames' `values` (T,), such as delays, for each picture, (P,) float64."""
        return np.asarray(np.bincount(self.picture, values), np.float64)
