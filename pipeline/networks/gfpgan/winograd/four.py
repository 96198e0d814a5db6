"""Winograd's transforms of F(4×4, 3×3), as machine code: computed in float32, tiles and products kept in bfloat16.

The map's are bfloat16 too; arrays hold the bits as uint16.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Float32
from pipeline.networks.gfpgan.winograd.bits import floats, rounded, widened
from pipeline.networks.gfpgan.winograd.tiles import RUN, gather, gather_doubled, scatter

TILE = 4
BFloat16 = NDArray[np.uint16]

# the points: ±1 and ±2, as is usual, would double the error
A, B = 5 / 8, 3 / 2
# the transform of the weights
WEIGHTS = np.array(
    [[1 / (A * B) ** 2, 0, 0]]
    + [
        [1 / d, p / d, p**2 / d]
        for p, d in ((p, 2 * p**2 * (p**2 - q**2)) for p, q in ((A, B), (-A, B), (B, A), (-B, A)))
    ]
    + [[0, 0, 1]]
)
_A, _B, _A2, _B2, _A3, _B3 = (np.float32(x) for x in (A, B, A**2, B**2, A**3, B**3))
_BOTH, _SUM = np.float32(A**2 * B**2), np.float32(A**2 + B**2)


@floats
def into_tiles(x: BFloat16, doubled: bool, scale: Float32, first: int, last: int, tiles: BFloat16) -> None:
    """Rows of tiles `first` to `last` of the map (H, W, C), times `scale` (C,), transformed: (36, tiles · C).

    Tiles are of the map enlarged by two where it is `doubled`.
    """
    channels = x.shape[2]
    across = -(-(2 * x.shape[1] if doubled else x.shape[1]) // TILE)
    at_once = RUN // channels
    rows = np.empty(36 * RUN, np.float32)
    start, stop = first * across, last * across
    for n in range(start, stop, at_once):
        count = min(at_once, stop - n)
        if doubled:
            gather_doubled(x, scale, n, count, across, TILE, rows)
        else:
            gather(x, scale, n, count, across, TILE, rows)
        run = count * channels
        for j in range(6):
            _down(rows[j * RUN :], run)
        for i in range(6):
            _along(rows[6 * i * RUN :], run)
        at = (n - start) * channels
        for k in range(36):
            to = tiles[k, at : at + run]
            for c in range(run):
                to[c] = rounded(rows[k * RUN + c])


@floats
def out_of_tiles(
    products: BFloat16,
    gain: Float32,
    noise: Float32,
    bias: Float32,
    slope: np.float32,
    first: int,
    last: int,
    out: BFloat16,
) -> None:
    """Products (36, tiles · C) back to the map (H, W, C): rows of tiles `first` to `last`, with what follows."""
    channels = out.shape[2]
    across = -(-out.shape[1] // TILE)
    at_once = RUN // channels
    rows = np.empty(36 * RUN, np.float32)
    start, stop = first * across, last * across
    for n in range(start, stop, at_once):
        count = min(at_once, stop - n)
        run = count * channels
        at = (n - start) * channels
        for k in range(36):
            frm, to = products[k, at : at + run], rows[k * RUN : k * RUN + run]
            for c in range(run):
                to[c] = widened(frm[c])
        for j in range(6):
            _up(rows[j * RUN :], run)
        for i in range(4):
            _back(rows[6 * i * RUN :], run)
        scatter(rows, gain, noise, bias, slope, n, count, across, TILE, out)


@floats
def _down(x: Float32, run: int) -> None:
    """Bᵀ along y, in place: a tile's pixels in a column lie 6 · RUN apart, which the compiler must know."""
    for c in range(run):
        x0, x1, x2 = x[c], x[6 * RUN + c], x[12 * RUN + c]
        x3, x4, x5 = x[18 * RUN + c], x[24 * RUN + c], x[30 * RUN + c]
        x[c] = _BOTH * x0 - _SUM * x2 + x4
        x[30 * RUN + c] = _BOTH * x1 - _SUM * x3 + x5
        even, odd = x4 - _B2 * x2, _A * (x3 - _B2 * x1)
        x[6 * RUN + c] = even + odd
        x[12 * RUN + c] = even - odd
        even, odd = x4 - _A2 * x2, _B * (x3 - _A2 * x1)
        x[18 * RUN + c] = even + odd
        x[24 * RUN + c] = even - odd


@floats
def _along(x: Float32, run: int) -> None:
    """Bᵀ along x, in place."""
    for c in range(run):
        x0, x1, x2 = x[c], x[RUN + c], x[2 * RUN + c]
        x3, x4, x5 = x[3 * RUN + c], x[4 * RUN + c], x[5 * RUN + c]
        x[c] = _BOTH * x0 - _SUM * x2 + x4
        x[5 * RUN + c] = _BOTH * x1 - _SUM * x3 + x5
        even, odd = x4 - _B2 * x2, _A * (x3 - _B2 * x1)
        x[RUN + c] = even + odd
        x[2 * RUN + c] = even - odd
        even, odd = x4 - _A2 * x2, _B * (x3 - _A2 * x1)
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
        x[6 * RUN + c] = _A * d1 + _B * d3
        x[12 * RUN + c] = _A2 * s1 + _B2 * s3
        x[18 * RUN + c] = x5 + _A3 * d1 + _B3 * d3


@floats
def _back(x: Float32, run: int) -> None:
    """Aᵀ along x, in place."""
    for c in range(run):
        x0, x1, x2 = x[c], x[RUN + c], x[2 * RUN + c]
        x3, x4, x5 = x[3 * RUN + c], x[4 * RUN + c], x[5 * RUN + c]
        s1, d1, s3, d3 = x1 + x2, x1 - x2, x3 + x4, x3 - x4
        x[c] = x0 + s1 + s3
        x[RUN + c] = _A * d1 + _B * d3
        x[2 * RUN + c] = _A2 * s1 + _B2 * s3
        x[3 * RUN + c] = x5 + _A3 * d1 + _B3 * d3
