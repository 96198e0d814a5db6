"""Winograd's transforms of F(4×4, 3×3), as machine code: computed in float32, tiles and products kept in bfloat16.

NumPy has no bfloat16: arrays hold its bits as uint16.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.networks.gfpgan.winograd.tiles import RUN, Float32, floats, gather, gather_doubled, scatter

TILE = 4
# the transform of the weights for the points 0, ±1, ±2, ∞
WEIGHTS = np.array(
    [
        [1 / 4, 0, 0],
        [-1 / 6, -1 / 6, -1 / 6],
        [-1 / 6, 1 / 6, -1 / 6],
        [1 / 24, 1 / 12, 1 / 6],
        [1 / 24, -1 / 12, 1 / 6],
        [0, 0, 1],
    ]
)
BFloat16 = NDArray[np.uint16]

_2, _4, _5, _8 = (np.float32(x) for x in (2, 4, 5, 8))


@floats
def into_tiles(x: Float32, doubled: bool, scale: Float32, first: int, last: int, tiles: BFloat16) -> None:
    """Rows of tiles `first` to `last` of the map (H, W, C), times `scale` (C,), transformed: (36, tiles · C).

    Tiles are of the map enlarged by two where it is `doubled`.
    """
    channels = x.shape[2]
    across = -(-(2 * x.shape[1] if doubled else x.shape[1]) // TILE)
    at_once = RUN // channels
    held = np.empty(36 * RUN, np.float32)
    start, stop = first * across, last * across
    for n in range(start, stop, at_once):
        count = min(at_once, stop - n)
        if doubled:
            gather_doubled(x, scale, n, count, across, TILE, held)
        else:
            gather(x, scale, n, count, across, TILE, held)
        run = count * channels
        for j in range(6):
            _down(held[j * RUN :], run)
        for i in range(6):
            _along(held[6 * i * RUN :], run)
        at = (n - start) * channels
        for k in range(36):
            _round(held[k * RUN : k * RUN + run], tiles[k, at : at + run])


@floats
def out_of_tiles(
    products: BFloat16,
    gain: Float32,
    noise: Float32,
    bias: Float32,
    slope: np.float32,
    first: int,
    last: int,
    out: Float32,
) -> None:
    """Products (36, tiles · C) back to the map (H, W, C): rows of tiles `first` to `last`, with what follows."""
    channels = out.shape[2]
    across = -(-out.shape[1] // TILE)
    at_once = RUN // channels
    held = np.empty(36 * RUN, np.float32)
    start, stop = first * across, last * across
    for n in range(start, stop, at_once):
        count = min(at_once, stop - n)
        run = count * channels
        at = (n - start) * channels
        for k in range(36):
            _widen(products[k, at : at + run], held[k * RUN : k * RUN + run])
        for j in range(6):
            _up(held[j * RUN :], run)
        for i in range(4):
            _back(held[6 * i * RUN :], run)
        scatter(held, gain, noise, bias, slope, n, count, across, TILE, out)


@floats
def _round(values: Float32, to: BFloat16) -> None:
    """To the nearest bfloat16, ties to even; what is not a number stays so."""
    bits = values.view(np.uint32)
    for c in range(len(bits)):
        b = bits[c]
        rounded = (b + np.uint32(0x7FFF) + ((b >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
        to[c] = np.uint16(rounded) if values[c] == values[c] else np.uint16(0x7FC0)


@floats
def _widen(values: BFloat16, to: Float32) -> None:
    bits = to.view(np.uint32)
    for c in range(len(values)):
        bits[c] = np.uint32(values[c]) << np.uint32(16)


@floats
def _down(x: Float32, run: int) -> None:
    """Bᵀ along y, in place: a tile's pixels in a column lie 6 · RUN apart, which the compiler must know."""
    for c in range(run):
        x0, x1, x2 = x[c], x[6 * RUN + c], x[12 * RUN + c]
        x3, x4, x5 = x[18 * RUN + c], x[24 * RUN + c], x[30 * RUN + c]
        x[c] = _4 * x0 - _5 * x2 + x4
        x[30 * RUN + c] = _4 * x1 - _5 * x3 + x5
        even, odd = x4 - _4 * x2, x3 - _4 * x1
        x[6 * RUN + c] = even + odd
        x[12 * RUN + c] = even - odd
        even, odd = x4 - x2, _2 * (x3 - x1)
        x[18 * RUN + c] = even + odd
        x[24 * RUN + c] = even - odd


@floats
def _along(x: Float32, run: int) -> None:
    """Bᵀ along x, in place."""
    for c in range(run):
        x0, x1, x2 = x[c], x[RUN + c], x[2 * RUN + c]
        x3, x4, x5 = x[3 * RUN + c], x[4 * RUN + c], x[5 * RUN + c]
        x[c] = _4 * x0 - _5 * x2 + x4
        x[5 * RUN + c] = _4 * x1 - _5 * x3 + x5
        even, odd = x4 - _4 * x2, x3 - _4 * x1
        x[RUN + c] = even + odd
        x[2 * RUN + c] = even - odd
        even, odd = x4 - x2, _2 * (x3 - x1)
        x[3 * RUN + c] = even + odd
        x[4 * RUN + c] = even - odd


@floats
def _up(x: Float32, run: int) -> None:
    """Aᵀ along y, in place: four of six rows are left."""
    for c in range(run):
        x0, x1, x2 = x[c], x[6 * RUN + c], x[12 * RUN + c]
        x3, x4, x5 = x[18 * RUN + c], x[24 * RUN + c], x[30 * RUN + c]
        s1, d1, s3, d3 = x1 + x2, x1 - x2, x3 + x4, x3 - x4
        x[c] = x0 + s1 + s3
        x[6 * RUN + c] = d1 + _2 * d3
        x[12 * RUN + c] = s1 + _4 * s3
        x[18 * RUN + c] = x5 + d1 + _8 * d3


@floats
def _back(x: Float32, run: int) -> None:
    """Aᵀ along x, in place."""
    for c in range(run):
        x0, x1, x2 = x[c], x[RUN + c], x[2 * RUN + c]
        x3, x4, x5 = x[3 * RUN + c], x[4 * RUN + c], x[5 * RUN + c]
        s1, d1, s3, d3 = x1 + x2, x1 - x2, x3 + x4, x3 - x4
        x[c] = x0 + s1 + s3
        x[RUN + c] = d1 + _2 * d3
        x[2 * RUN + c] = s1 + _4 * s3
        x[3 * RUN + c] = x5 + d1 + _8 * d3
