"""Splits a frame into overlapping tiles of bounded size and joins the doubled tiles without a seam."""

from collections.abc import Callable

import numpy as np

from pipeline.arrays import UInt8

TILE = 320  # px of the input; frames up to this size are one tile
OVERLAP = 40  # px on each side, more than the network's field of view around a pixel
MULTIPLE = 4  # the network halves twice

Double = Callable[[UInt8, UInt8, UInt8], UInt8]


def tiled(double: Double, frame: UInt8, mean: UInt8, frames: UInt8) -> UInt8:
    """Run `double` over tiles of a frame (H, W, 3) and its other inputs (see `FrameInputs`); return (2H, 2W, 3) uint8.

    All tiles have one size, at most TILE + 2 · OVERLAP, so an engine compiles only that. Border pixels are repeated.
    """
    height, width = frame.shape[:2]
    rows, columns = _cuts(height), _cuts(width)
    tall, wide = _padded(rows[0][1]), _padded(columns[0][1])
    margin = (OVERLAP if len(rows) > 1 else 0), (OVERLAP if len(columns) > 1 else 0)
    size = tall + 2 * margin[0], wide + 2 * margin[1]
    output = np.empty((2 * height, 2 * width, 3), np.uint8)
    for top, tile_height in rows:
        for left, tile_width in columns:
            start = top - margin[0], left - margin[1]
            large = _cut(mean, (2 * start[0], 2 * start[1]), (2 * size[0], 2 * size[1]))
            doubled = double(_cut(frame, start, size), large, _cut(frames, start, size))
            inner = doubled[2 * margin[0] :, 2 * margin[1] :][: 2 * tile_height, : 2 * tile_width]
            output[2 * top : 2 * (top + tile_height), 2 * left : 2 * (left + tile_width)] = inner
    return output


def _cuts(side: int) -> list[tuple[int, int]]:
    """Return starts and lengths of equal pieces of at most TILE px; all but the last are multiples of MULTIPLE."""
    pieces = -(-side // TILE)
    length = _padded(-(-side // pieces))
    return [(start, min(length, side - start)) for start in range(0, side, length)]


def _padded(side: int) -> int:
    return -(-side // MULTIPLE) * MULTIPLE


def _cut(image: UInt8, start: tuple[int, int], size: tuple[int, int]) -> UInt8:
    rows = np.clip(np.arange(start[0], start[0] + size[0]), 0, image.shape[0] - 1)
    columns = np.clip(np.arange(start[1], start[1] + size[1]), 0, image.shape[1] - 1)
    return image[rows[:, None], columns]
