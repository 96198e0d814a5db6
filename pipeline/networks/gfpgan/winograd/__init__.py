"""Same-size 3×3 convolution by Winograd's algorithm (Lavin and Gray 2015, arXiv 1509.09308), on a processor.

A tile of pixels is transformed, multiplied with the transformed weights as one matrix product for each of its pixels,
and transformed back. In float32 tiles are of 6×6 px, for a fifth of the multiplications. In bfloat16, whose products
some processors compute at three times the rate, they are of 4×4 px, for a quarter: 6×6 would lose four times the
precision. The loops also apply what surrounds the convolution in GFPGAN (style factors, noise, bias, leaky ReLU) while
a pixel is at hand. Maps are (H, W, C), because the loops run over channels. Each thread works on its own rows of tiles,
few enough for the processor's cache.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import prod
from threading import local
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.arrays import Float32
from pipeline.networks.gfpgan.winograd import four, six
from pipeline.networks.gfpgan.winograd.tiles import Map
from pipeline.networks.hardware import threads


@dataclass(frozen=True, slots=True)
class Form:
    """A size of tile with the number format of its products.

    `at_once` is tiles per thread: fewer read the weights too often, more leave the cache (measured).
    """

    tile: int  # px of the output
    at_once: int
    weights: NDArray[np.float64]
    bits: torch.dtype  # as which NumPy sees the products
    into_tiles: Callable[..., None]
    out_of_tiles: Callable[..., None]

    @property
    def points(self) -> int:
        """Matrix products: the pixels under a tile."""
        return (self.tile + 2) ** 2


FORMS = {
    torch.float32: Form(six.TILE, 128, six.WEIGHTS, torch.float32, six.into_tiles, six.out_of_tiles),
    torch.bfloat16: Form(four.TILE, 256, four.WEIGHTS, torch.uint16, four.into_tiles, four.out_of_tiles),
}


def transformed(weight: Tensor) -> Tensor:
    """(C', C, 3, 3) to (P, C, C') of the same type: 64 of float32 or 36 of bfloat16 for each 9 weights."""
    one = FORMS[weight.dtype].weights
    both = torch.from_numpy(np.kron(one, one)).float()
    flat = weight.float().permute(1, 0, 2, 3).reshape(-1, 9)
    return (both @ flat.T).view(len(both), weight.shape[1], weight.shape[0]).to(weight.dtype)


def convolve(
    x: Map,
    weight: Tensor,
    bias: Float32,
    slope: float,
    scale: Float32 | None = None,
    gain: Float32 | None = None,
    noise: Float32 | None = None,
    doubled: bool = False,
) -> Map:
    """leaky_relu(gain · conv(scale · x) + noise + bias) of a map (H, W, C) as (H, W, C'), padded with zeros.

    Where it is `doubled`, of the map enlarged by two, bilinear, as (2H, 2W, C').

    The map is float32, or the bits of bfloat16 as uint16. `weight` (P, C, C') is `transformed`, of the same type;
    `scale` (C,), `gain` and `bias` (C',), `noise` (H, W) are float32; C and C' at most `tiles.RUN`. A slope of 1 leaves
    the sum as it is.
    """
    form = FORMS[weight.dtype]
    height, width = (2 * side if doubled else side for side in x.shape[:2])
    channels = x.shape[2]
    across, down = -(-width // form.tile), -(-height // form.tile)
    out = np.empty((height, width, weight.shape[2]), x.dtype)
    scale = np.ones(channels, np.float32) if scale is None else scale
    gain = np.ones(len(bias), np.float32) if gain is None else gain
    noise = np.zeros((0, 0), np.float32) if noise is None else noise

    def rows(first: int, last: int) -> None:
        tiles = (last - first) * across
        inputs = _buffer("in", (form.points, tiles, channels), weight.dtype)
        products = _buffer("out", (form.points, tiles, len(bias)), weight.dtype)
        form.into_tiles(x, doubled, scale, first, last, _seen(inputs, form))
        torch.bmm(inputs, weight, out=products)
        form.out_of_tiles(_seen(products, form), gain, noise, bias, np.float32(slope), first, last, out)

    parts = _parts(down, across, form.at_once)
    list(_pool().map(rows, parts[:-1], parts[1:]))
    return out


def _seen(tensor: Tensor, form: Form) -> NDArray[Any]:
    """(P, tiles, C) as an array (P, tiles · C)."""
    return tensor.view(form.points, -1).view(form.bits).numpy()


def _parts(down: int, across: int, at_once: int) -> list[int]:
    """Bounds of groups of tile rows: as many groups for each thread, none much larger than the cache likes."""
    workers = threads()
    groups = max(1, round(down * across / (at_once * workers))) * workers
    return sorted({round(i * down / groups) for i in range(groups + 1)})


_own = local()


def _buffer(name: str, shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Working memory of this thread, kept from layer to layer."""
    buffers: dict[tuple[str, torch.dtype], Tensor] = _own.__dict__.setdefault("buffers", {})
    size = prod(shape)
    if (name, dtype) not in buffers or len(buffers[name, dtype]) < size:
        buffers[name, dtype] = torch.empty(size, dtype=dtype)
    return buffers[name, dtype][:size].view(shape)


@cache
def _pool() -> ThreadPoolExecutor:
    """Threads in which PyTorch starts no threads of its own."""
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads(), "winograd", lambda: torch.set_num_threads(1))
    list(pool.map(lambda _: None, range(threads())))
    torch.set_num_threads(before)  # what a thread sets is what later threads begin with
    return pool
