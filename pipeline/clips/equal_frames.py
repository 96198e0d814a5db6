"""Runs of equal frames: each is worked on once, so duplicates stay byte-equal."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import UInt8


@dataclass(frozen=True, slots=True)
class Distinct:
    """`first` are the indices of the frames that differ from the one before; `run` (T,) names each frame's place."""

    first: NDArray[np.intp]
    run: NDArray[np.intp]

    @classmethod
    def of(cls, source: UInt8) -> "Distinct":
        """Find the runs of byte-equal neighbours in (T, H, W, 3) uint8."""
        new = np.array([i == 0 or not np.array_equal(source[i], source[i - 1]) for i in range(len(source))], np.bool_)
        return cls(np.flatnonzero(new), np.cumsum(new) - 1)

    def pick(self, frames: NDArray[Any]) -> NDArray[Any]:
        """Return the first frame of each run, without a copy where no two neighbours are equal."""
        return frames if len(self.first) == len(self.run) else frames[self.first]

    def spread(self, frames: NDArray[Any]) -> None:
        """Show one frame for each of the clip, in place, from the first (one for each run) of (T, ...)."""
        for i in range(len(self.run) - 1, -1, -1):
            if self.run[i] != i:
                frames[i] = frames[self.run[i]]
