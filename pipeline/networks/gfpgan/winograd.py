"""Same-size 3×3 convolution by Winograd's F(6×6, 3×3) (Lavin and Gray 2015, arXiv 1509.09308), on a processor.

A tile of 8×8 pixels is transformed, multiplied with the transformed weights as 64 matrix products, and transformed back
to 6×6 pixels, which needs a fifth of the multiplications. The loops also apply what surrounds the convolution in GFPGAN
(style factors, noise, bias, leaky ReLU) while a pixel is at hand. Maps are (H, W, C), because the loops run over
channels. Each thread works on its own rows of tiles, few enough for the processor's cache.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import local

import numpy as np
import torch
from torch import Tensor

from pipeline.arrays import Float32
from pipeline.networks.gfpgan.winograd_tiles import into_tiles, out_of_tiles
from pipeline.networks.hardware import threads

TILE = 6  # px of the output
POINTS = 64  # matrix products: 8×8 pixels under a tile
TILES_AT_ONCE = 128  # per thread: with fewer the weights are read too often, more do not fit the cache (measured)

# the transform of the weights for the points 0, ±1, ±2, ±½, ∞
_WEIGHTS = np.array(
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


def transformed(weight: Tensor) -> Tensor:
    """(C', C, 3, 3) to (64, C, C') float32: seven times the size."""
    both = torch.from_numpy(np.kron(_WEIGHTS, _WEIGHTS)).float()
    flat = weight.permute(1, 0, 2, 3).reshape(-1, 9)
    return (both @ flat.T).view(POINTS, weight.shape[1], weight.shape[0])


def convolve(
    x: Float32,
    weight: Tensor,
    bias: Float32,
    slope: float,
    scale: Float32 | None = None,
    gain: Float32 | None = None,
    noise: Float32 | None = None,
    doubled: bool = False,
) -> Float32:
    """leaky_relu(gain · conv(scale · x) + noise + bias) of a map (H, W, C) as (H, W, C'), padded with zeros.

    With `doubled` the map is enlarged by two first, bilinearly, and the result is (2H, 2W, C').

    `weight` (64, C, C') is `transformed`; `scale` (C,), `gain` and `bias` (C',), `noise` (H, W), all float32; C and C'
    at most `winograd_tiles.RUN`. A slope of 1 leaves the sum as it is.
    """
    height, width = (2 * side if doubled else side for side in x.shape[:2])
    channels = x.shape[2]
    across, down = -(-width // TILE), -(-height // TILE)
    out = np.empty((height, width, weight.shape[2]), np.float32)
    scale = np.ones(channels, np.float32) if scale is None else scale
    gain = np.ones(len(bias), np.float32) if gain is None else gain
    noise = np.zeros((0, 0), np.float32) if noise is None else noise

    def rows(first: int, last: int) -> None:
        tiles = (last - first) * across
        inputs = _buffer("in", POINTS * tiles * channels).view(POINTS, tiles, channels)
        products = _buffer("out", POINTS * tiles * len(bias)).view(POINTS, tiles, len(bias))
        into_tiles(x, doubled, scale, first, last, inputs.view(POINTS, -1).numpy())
        torch.bmm(inputs, weight, out=products)
        out_of_tiles(products.view(POINTS, -1).numpy(), gain, noise, bias, np.float32(slope), first, last, out)

    parts = _parts(down, across)
    list(_pool().map(rows, parts[:-1], parts[1:]))
    return out


def _parts(down: int, across: int) -> list[int]:
    """Bounds of groups of tile rows: each thread gets as many groups, and no group is much larger than the cache."""
    workers = threads()
    groups = max(1, round(down * across / (TILES_AT_ONCE * workers))) * workers
    return sorted({round(i * down / groups) for i in range(groups + 1)})


_own = local()


def _buffer(name: str, size: int) -> Tensor:
    """Working memory of this thread, kept from layer to layer."""
    buffers: dict[str, Tensor] = _own.__dict__
    if name not in buffers or len(buffers[name]) < size:
        buffers[name] = torch.empty(size)
    return buffers[name][:size]


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads in which PyTorch starts no threads of its own."""
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads(), "winograd", lambda: torch.set_num_threads(1))
    list(pool.map(lambda _: None, range(threads())))
    torch.set_num_threads(before)  # a thread's setting is also the default of threads that start later
    return pool
