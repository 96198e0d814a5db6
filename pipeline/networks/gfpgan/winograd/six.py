"""Winograd's transforms of F(6×6, 3×3) in float32, as machine code."""

import numpy as np

from pipeline.arrays import Float32
from pipeline.networks.gfpgan.winograd.bits import floats
from pipeline.networks.gfpgan.winograd.tiles import RUN, gather, gather_doubled, scatter

TILE = 6
# the transform of the weights for the points 0, ±1, ±2, ±½, ∞
WEIGHTS = np.array(
    [
        [1, 0, 0],
        [-2 / 9, -2 / 9, -2 / 9],
        [-2 / 9, 2 / 9, -2 / 9],
        [1 / 90, 1 / 45, 2 / 45],
        [1 / 90, -1 / 45, 2 / 45],
        [1 / 45, 1 / 90, 1 / 180],
        [1 / 45, -1 / 90, 1 / 180],
        [0, 0, 1],
    ]
)

_525, _425, _125 = np.float32(5.25), np.float32(4.25), np.float32(1.25)
_QUARTER, _HALF, _5_2 = np.float32(0.25), np.float32(0.5), np.float32(2.5)
_2, _4, _8, _16, _32 = (np.float32(2**i) for i in range(1, 6))


@floats
def into_tiles(x: Float32, doubled: bool, scale: Float32, first: int, last: int, tiles: Float32) -> None:
    """Rows of tiles `first` to `last` of the map (H, W, C), times `scale` (C,), transformed: (64, tiles · C).

    Tiles are of the map enlarged by two where it is `doubled`.
    """
    channels = x.shape[2]
    across = -(-(2 * x.shape[1] if doubled else x.shape[1]) // TILE)
    at_once = RUN // channels
    rows = np.empty(64 * RUN, np.float32)
    start, stop = first * across, last * across
    for n in range(start, stop, at_once):
        count = min(at_once, stop - n)
        if doubled:
            gather_doubled(x, scale, n, count, across, TILE, rows)
        else:
            gather(x, scale, n, count, across, TILE, rows)
        run = count * channels
        for j in range(8):
            _down(rows[j * RUN :], run)
        for i in range(8):
            _along(rows[8 * i * RUN :], run)
        at = (n - start) * channels
        for k in range(64):
            tiles[k, at : at + run] = rows[k * RUN : k * RUN + run]


@floats
def _down(x: Float32, run: int) -> None:
    """Bᵀ along y, in place: a tile's pixels in a column lie 8 · RUN apart, which the compiler must know."""
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
    """Aᵀ along y, in place: six of eight rows are left."""
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
    """Products (64, tiles · C) back to the map (H, W, C): rows of tiles `first` to `last`, with what follows."""
    channels = out.shape[2]
    across = -(-out.shape[1] // TILE)
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
        scatter(rows, gain, noise, bias, slope, n, count, across, TILE, out)
