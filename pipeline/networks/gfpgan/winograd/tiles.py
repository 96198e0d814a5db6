"""Pixels of a map to tiles and back, as machine code: the part that every size of tile shares.

`rows` is working memory of (tile + 2)² rows of `RUN` floats; a row has one pixel of each of several tiles, channels
innermost. Maps are float32, or the bits of bfloat16 as uint16, which NumPy does not know; all sums are of float32.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Float32
from pipeline.networks.gfpgan.winograd.bits import floats, stored, value

Map = NDArray[np.float32] | NDArray[np.uint16]

RUN = 512  # floats of each row that are transformed at once: all rows stay in the processor's second cache

_9_16, _3_16, _1_16 = np.float32(9 / 16), np.float32(3 / 16), np.float32(1 / 16)


@floats
def gather(x: Map, scale: Float32, n: int, count: int, across: int, tile: int, rows: Float32) -> None:
    """The pixels of the map (H, W, C) under tiles `n` to `n + count`, one more on each side, zero outside of it."""
    height, width, channels = x.shape
    under = tile + 2
    for t in range(count):
        top, left = (n + t) // across * tile - 1, (n + t) % across * tile - 1
        for i in range(under):
            for j in range(under):
                at = (under * i + j) * RUN + t * channels
                to = rows[at : at + channels]
                if 0 <= top + i < height and 0 <= left + j < width:
                    frm = x[top + i, left + j]
                    for c in range(channels):
                        to[c] = value(frm[c]) * scale[c]
                else:
                    to[:] = 0


@floats
def gather_doubled(x: Map, scale: Float32, n: int, count: int, across: int, tile: int, rows: Float32) -> None:
    """`gather` of the map enlarged by two, bilinear, which is the largest there is and so is never made."""
    height, width, channels = x.shape
    under = tile + 2
    for t in range(count):
        top, left = (n + t) // across * tile - 1, (n + t) % across * tile - 1
        for i in range(under):
            for j in range(under):
                at = (under * i + j) * RUN + t * channels
                to = rows[at : at + channels]
                y, x_ = top + i, left + j
                if 0 <= y < 2 * height and 0 <= x_ < 2 * width:
                    row, column = y // 2, x_ // 2
                    beyond = min(max(row + 2 * (y % 2) - 1, 0), height - 1)
                    beside = min(max(column + 2 * (x_ % 2) - 1, 0), width - 1)
                    near, aside = x[row, column], x[row, beside]
                    far, across_ = x[beyond, column], x[beyond, beside]
                    for c in range(channels):
                        beside_ = value(aside[c]) + value(far[c])
                        mixed = _9_16 * value(near[c]) + _3_16 * beside_ + _1_16 * value(across_[c])
                        to[c] = mixed * scale[c]
                else:
                    for c in range(channels):
                        to[c] = np.float32(0)


@floats
def scatter(
    rows: Float32,
    gain: Float32,
    noise: Float32,
    bias: Float32,
    slope: np.float32,
    n: int,
    count: int,
    across: int,
    tile: int,
    out: Map,
) -> None:
    """leaky_relu(gain · tile + bias + noise) to where each tile belongs."""
    height, width, channels = out.shape
    for t in range(count):
        top, left = (n + t) // across * tile, (n + t) % across * tile
        for i in range(min(tile, height - top)):
            for j in range(min(tile, width - left)):
                at = ((tile + 2) * i + j) * RUN + t * channels
                frm, to = rows[at : at + channels], out[top + i, left + j]
                grain = noise[top + i, left + j] if noise.size else np.float32(0)
                for c in range(channels):
                    v = frm[c] * gain[c] + bias[c] + grain
                    to[c] = stored(max(v, v * slope), to)
