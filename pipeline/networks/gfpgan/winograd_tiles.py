"""Winograd's transforms of maps to tiles and back, as machine code."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from pipeline.arrays import Float32
from pipeline.compiled import compiled

F = TypeVar("F", bound=Callable[..., Any])

RUN = 512  # floats of each of the 64 rows that are transformed at once, so that they stay in the second-level cache

_525, _425, _125 = np.float32(5.25), np.float32(4.25), np.float32(1.25)
_QUARTER, _HALF, _5_2 = np.float32(0.25), np.float32(0.5), np.float32(2.5)
_9_16, _3_16, _1_16 = np.float32(9 / 16), np.float32(3 / 16), np.float32(1 / 16)
_2, _4, _8, _16, _32 = (np.float32(2**i) for i in range(1, 6))


def floats(function: F) -> F:
    """Compile to code that threads can run in parallel, with a product and a sum fused where the processor can."""
    return compiled(function, nogil=True, fastmath={"contract", "nsz"}, error_model="numpy")


@floats
def into_tiles(x: Float32, doubled: bool, scale: Float32, first: int, last: int, tiles: Float32) -> None:
    """Rows of tiles `first` to `last` of the map (H, W, C), times `scale` (C,), transformed: (64, tiles · C).

    Tiles are of the map enlarged by two where it is `doubled`.
    """
    channels = x.shape[2]
    across = -(-(2 * x.shape[1] if doubled else x.shape[1]) // 6)
    at_once = RUN // channels
    rows = np.empty(64 * RUN, np.float32)
    start, stop = first * across, last * across
    for n in range(start, stop, at_once):
        count = min(at_once, stop - n)
        if doubled:
            _gather_doubled(x, scale, n, count, across, rows)
        else:
            _gather(x, scale, n, count, across, rows)
        run = count * channels
        for j in range(8):
            _down(rows[j * RUN :], run)
        for i in range(8):
            _along(rows[8 * i * RUN :], run)
        at = (n - start) * channels
        for k in range(64):
            tiles[k, at : at + run] = rows[k * RUN : k * RUN + run]


@floats
def _gather(x: Float32, scale: Float32, n: int, count: int, across: int, rows: Float32) -> None:
    """The 8×8 pixels under each tile, zero outside of the map."""
    height, width, channels = x.shape
    for t in range(count):
        top, left = (n + t) // across * 6 - 1, (n + t) % across * 6 - 1
        for i in range(8):
            for j in range(8):
                at = (8 * i + j) * RUN + t * channels
                target = rows[at : at + channels]
                if 0 <= top + i < height and 0 <= left + j < width:
                    source = x[top + i, left + j]
                    for c in range(channels):
                        target[c] = source[c] * scale[c]
                else:
                    target[:] = 0


@floats
def _gather_doubled(x: Float32, scale: Float32, n: int, count: int, across: int, rows: Float32) -> None:
    """`_gather` of the map enlarged by two, bilinearly; the enlarged map, the largest of all, is never made."""
    height, width, channels = x.shape
    for t in range(count):
        top, left = (n + t) // across * 6 - 1, (n + t) % across * 6 - 1
        for i in range(8):
            for j in range(8):
                at = (8 * i + j) * RUN + t * channels
                target = rows[at : at + channels]
                y, x_ = top + i, left + j
                if 0 <= y < 2 * height and 0 <= x_ < 2 * width:
                    row, column = y // 2, x_ // 2
                    beyond = min(max(row + 2 * (y % 2) - 1, 0), height - 1)
                    beside = min(max(column + 2 * (x_ % 2) - 1, 0), width - 1)
                    near, aside = x[row, column], x[row, beside]
                    far, across_ = x[beyond, column], x[beyond, beside]
                    for c in range(channels):
                        mixed = _9_16 * near[c] + _3_16 * (aside[c] + far[c]) + _1_16 * across_[c]
                        target[c] = mixed * scale[c]
                else:
                    for c in range(channels):
                        target[c] = np.float32(0)


@floats
def _down(x: Float32, run: int) -> None:
    """Bᵀ along y, in place; the steps of 8 · RUN between rows are constants, which the compiler has to know."""
    for c in range(run):
        x0, x1, x2, x3 = x[c], x[8 * RUN + c], x[16 * RUN + c], x[24 * RUN + c]
        x4, x5, x6, x7 = x[32 * RUN + c], x[40 * RUN + c], x[48 * RUN + c], x[56 * RUN + c]
        x[c] = x0 - x6 + (x4 - x2) * _525
        x[56 * RUN + c] = x7 - x1 + (x3 - x5) * _525
        even, odd = x2 + x6 - x4 * _425, x1 + x5 - x3 * _425
        x[8 * RUN + c] = even + odd
        x[16 * RUN + c] = even - odd
        even, odd = x6 + x2 * _QUARTER - x4 * _125, x1 * _HALF - x3 * _5_2 + x5 * _2
        x[24 * RUN + c] = even + odd
        x[32 * RUN + c] = even - odd
        even, odd = x6 + (x2 - x4 * _125) * _4, x1 * _2 - x3 * _5_2 + x5 * _HALF
        x[40 * RUN + c] = even + odd
        x[48 * RUN + c] = even - odd


@floats
def _along(x: Float32, run: int) -> None:
    """Bᵀ along x, in place."""
    for c in range(run):
        x0, x1, x2, x3 = x[c], x[RUN + c], x[2 * RUN + c], x[3 * RUN + c]
        x4, x5, x6, x7 = x[4 * RUN + c], x[5 * RUN + c], x[6 * RUN + c], x[7 * RUN + c]
        x[c] = x0 - x6 + (x4 - x2) * _525
        x[7 * RUN + c] = x7 - x1 + (x3 - x5) * _525
        even, odd = x2 + x6 - x4 * _425, x1 + x5 - x3 * _425
        x[RUN + c] = even + odd
        x[2 * RUN + c] = even - odd
        even, odd = x6 + x2 * _QUARTER - x4 * _125, x1 * _HALF - x3 * _5_2 + x5 * _2
        x[3 * RUN + c] = even + odd
        x[4 * RUN + c] = even - odd
        even, odd = x6 + (x2 - x4 * _125) * _4, x1 * _2 - x3 * _5_2 + x5 * _HALF
        x[5 * RUN + c] = even + odd
        x[6 * RUN + c] = even - odd


@floats
def _up(x: Float32, run: int) -> None:
    """Aᵀ along y, in place, from eight rows to six."""
    for c in range(run):
        x0, x1, x2, x3 = x[c], x[8 * RUN + c], x[16 * RUN + c], x[24 * RUN + c]
        x4, x5, x6, x7 = x[32 * RUN + c], x[40 * RUN + c], x[48 * RUN + c], x[56 * RUN + c]
        s1, d1, s3, d3, s5, d5 = x1 + x2, x1 - x2, x3 + x4, x3 - x4, x5 + x6, x5 - x6
        x[c] = x0 + s1 + s3 + s5 * _32
        x[8 * RUN + c] = d1 + d3 * _2 + d5 * _16
        x[16 * RUN + c] = s1 + s3 * _4 + s5 * _8
        x[24 * RUN + c] = d1 + d3 * _8 + d5 * _4
        x[32 * RUN + c] = s1 + s3 * _16 + s5 * _2
        x[40 * RUN + c] = x7 + d1 + d3 * _32 + d5


@floats
def _back(x: Float32, run: int) -> None:
    """Aᵀ along x, in place."""
    for c in range(run):
        x0, x1, x2, x3 = x[c], x[RUN + c], x[2 * RUN + c], x[3 * RUN + c]
        x4, x5, x6, x7 = x[4 * RUN + c], x[5 * RUN + c], x[6 * RUN + c], x[7 * RUN + c]
        s1, d1, s3, d3, s5, d5 = x1 + x2, x1 - x2, x3 + x4, x3 - x4, x5 + x6, x5 - x6
        x[c] = x0 + s1 + s3 + s5 * _32
        x[RUN + c] = d1 + d3 * _2 + d5 * _16
        x[2 * RUN + c] = s1 + s3 * _4 + s5 * _8
        x[3 * RUN + c] = d1 + d3 * _8 + d5 * _4
        x[4 * RUN + c] = s1 + s3 * _16 + s5 * _2
        x[5 * RUN + c] = x7 + d1 + d3 * _32 + d5


@floats
def out_of_tiles(
    products: Float32,
    gain: Float32,
    noise: Float32,
    bias: Float32,
    slope: np.float32,
    first: int,
    last: int,
    out: Float32,
) -> None:
    """Products (64, tiles · C) back to rows of tiles `first` to `last` of the map (H, W, C), with what follows."""
    channels = out.shape[2]
    across = -(-out.shape[1] // 6)
    at_once = RUN // channels
    rows = np.empty(64 * RUN, np.float32)
    start, stop = first * across, last * across
    for n in range(start, stop, at_once):
        count = min(at_once, stop - n)
        run = count * channels
        at = (n - start) * channels
        for k in range(64):
            rows[k * RUN : k * RUN + run] = products[k, at : at + run]
        for j in range(8):
            _up(rows[j * RUN :], run)
        for i in range(6):
            _back(rows[8 * i * RUN :], run)
        _scatter(rows, gain, noise, bias, slope, n, count, across, out)


@floats
def _scatter(
    rows: Float32,
    gain: Float32,
    noise: Float32,
    bias: Float32,
    slope: np.float32,
    n: int,
    count: int,
    across: int,
    out: Float32,
) -> None:
    """Write leaky_relu(gain · tile + bias + noise) to the tile's place in the map."""
    height, width, channels = out.shape
    for t in range(count):
        top, left = (n + t) // across * 6, (n + t) % across * 6
        for i in range(min(6, height - top)):
            for j in range(min(6, width - left)):
                at = (8 * i + j) * RUN + t * channels
                source, target = rows[at : at + channels], out[top + i, left + j]
                grain = noise[top + i, left + j] if noise.size else np.float32(0)
                for c in range(channels):
                    v = source[c] * gain[c] + bias[c] + grain
                    target[c] = max(v, v * slope)
