"""Which neighbouring frames are equal: each picture is worked on once, so duplicate frames stay byte-equal."""

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
    """The pictures of T frames: a frame that equals the one before it shows the same picture.

    `first` (P,) is the index of each picture's first frame; `picture` (T,) is the number of each frame's picture.
    """

    first: Indices
    picture: Indices

    @classmethod
    def find(cls, frames: UInt8) -> "EqualFrames":
        """Compare each of (T, H, W, 3) uint8 frames with the one before it."""
        return cls._of([i == 0 or not np.array_equal(frames[i], frames[i - 1]) for i in range(len(frames))])

    @classmethod
    def none(cls, count: int) -> "EqualFrames":
        """The map of `count` frames that are known to differ, each from the one before it."""
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
        """Tell whether no frame equals the one before it."""
        return len(self.first) == len(self.picture)

    def pick(self, frames: NDArray[Any]) -> NDArray[Any]:
        """Return the first frame (P, ...) of each picture, without a copy where no two neighbours are equal."""
        return frames if self.all_differ else frames[self.first]

    def repeat(self, pictures: NDArray[Any]) -> NDArray[Any]:
        """Return a frame (T, ...) for each of `pictures` (P, ...), without a copy where no two neighbours are equal."""
        return pictures if self.all_differ else pictures[self.picture]

    def repeat_in_place(self, frames: NDArray[Any]) -> None:
        """Do the same within (T, ...) frames, the first P of which are the pictures."""
        for i in range(len(self.picture) - 1, -1, -1):
            if self.picture[i] != i:
                frames[i] = frames[self.picture[i]]

    def add_up(self, values: Sequence[int]) -> Float64:
        """Sum the frames' `values` (T,) for each picture, (P,) float64: how long it is shown, given the delays."""
        return np.asarray(np.bincount(self.picture, values), np.float64)
