"""The temporal hold: a pixel stays on screen if a new colour would hardly be nearer to the target.

A run of kept pixels takes only a few LZW codes, and a kept pixel cannot flicker. All errors here are squared distances
in 8-bit sRGB, summed over the three channels.
"""

import numpy as np

from pipeline.arrays import Bool, Int32, UInt8
from pipeline.compiled import compiled

from .palette import CELLS, Cells, nearest

NEVER = np.int32(1 << 30)  # the error of keeping a pixel that is not covered yet
CANDIDATES = 8  # nearest colours listed for each cell
_EXAMINED = 4  # of those, compared to find the nearest colour of a pixel
Choice = tuple[UInt8, Int32, Bool]


def keep_errors(target: UInt8, screen: UInt8, covered: Bool) -> Int32:
    """Return the error (H, W) of keeping each pixel of `screen` (H, W, 3); NEVER where it is not covered."""
    error = _keep_errors(target.reshape(-1, 3), screen.reshape(-1, 3), covered.ravel())
    return error.reshape(covered.shape)


@compiled
def _keep_errors(target: UInt8, screen: UInt8, covered: Bool) -> Int32:
    error = np.empty(len(target), np.int32)
    for i in range(len(target)):
        r = np.int32(target[i, 0]) - np.int32(screen[i, 0])
        g = np.int32(target[i, 1]) - np.int32(screen[i, 1])
        b = np.int32(target[i, 2]) - np.int32(screen[i, 2])
        error[i] = r * r + g * g + b * b if covered[i] else NEVER
    return error


@compiled
def fill_neighbours(cells: Cells, palette: Int32, near: UInt8) -> None:
    """Fill `near` (CELLS, CANDIDATES) with the palette's colours nearest to each of `cells`, nearest first."""
    size = palette.shape[1]
    reds, greens, blues = palette[0], palette[1], palette[2]
    keys = np.empty(size, np.int32)
    for i in range(len(cells)):
        cell = np.int32(cells[i, 4])
        r, g, b = (cell >> 12) * 4 + 2, (cell >> 6 & 63) * 4 + 2, (cell & 63) * 4 + 2
        for j in range(size):
            dr, dg, db = reds[j] - r, greens[j] - g, blues[j] - b
            keys[j] = np.int32((dr * dr + dg * dg + db * db) << 8 | j)
        last = np.int32(-1)
        for k in range(CANDIDATES):
            best = np.int32(0x7FFFFFFF)
            for j in range(size):
                key = keys[j]
                best = min(best, key if key > last else np.int32(0x7FFFFFFF))
            if best == np.int32(0x7FFFFFFF):
                near[cell, k] = near[cell, 0]
            else:
                near[cell, k] = best & 255
                last = best


def choose(target: UInt8, keep_error: Int32, palette: Int32, near: UInt8, hold: int) -> Choice:
    """Return for each pixel (H, W) the nearest colour's index, its error, and whether the pixel must be drawn.

    `keep_error` comes from `keep_errors`, with -1 where nothing may be drawn; `near` comes from `fill_neighbours`.
    """
    index, error, drawn = _choose(target.reshape(-1, 3), keep_error.ravel(), palette, near, hold)
    return index.reshape(keep_error.shape), error.reshape(keep_error.shape), drawn.reshape(keep_error.shape)


@compiled
def _choose(target: UInt8, keep_error: Int32, palette: Int32, near: UInt8, hold: int) -> Choice:
    index, error = np.zeros(len(target), np.uint8), np.zeros(len(target), np.int32)
    drawn = np.zeros(len(target), np.bool_)
    for i in range(len(target)):
        if keep_error[i] <= 0:
            continue
        r, g, b = np.int32(target[i, 0]), np.int32(target[i, 1]), np.int32(target[i, 2])
        cell = (r >> 2) << 12 | (g >> 2) << 6 | b >> 2
        best = np.int32(0x7FFFFFFF)
        for k in range(_EXAMINED):
            j = np.int32(near[cell, k])
            dr, dg, db = palette[0, j] - r, palette[1, j] - g, palette[2, j] - b
            best = min(best, np.int32((dr * dr + dg * dg + db * db) << 8 | j))
        index[i] = best & 255
        error[i] = best >> 8
        drawn[i] = keep_error[i] > error[i] + hold
    return index, error, drawn


def choose_of_all(target: UInt8, keep_error: Int32, palette: Int32, hold: int) -> Choice:
    """Choose as `choose` does, from every colour of the palette: exact where many colours share a cell."""
    index, error, drawn = _choose_of_all(target.reshape(-1, 3), keep_error.ravel(), palette, hold)
    return index.reshape(keep_error.shape), error.reshape(keep_error.shape), drawn.reshape(keep_error.shape)


@compiled
def _choose_of_all(target: UInt8, keep_error: Int32, palette: Int32, hold: int) -> Choice:
    index, error = np.zeros(len(target), np.uint8), np.zeros(len(target), np.int32)
    drawn = np.zeros(len(target), np.bool_)
    for i in range(len(target)):
        if keep_error[i] <= 0:
            continue
        key = nearest(np.int32(target[i, 0]), np.int32(target[i, 1]), np.int32(target[i, 2]), palette)
        index[i] = key & 255
        error[i] = key >> 8
        drawn[i] = keep_error[i] > error[i] + hold
    return index, error, drawn


def empty_neighbours() -> UInt8:
    """Return the array that `fill_neighbours` fills."""
    return np.zeros((CELLS, CANDIDATES), np.uint8)
