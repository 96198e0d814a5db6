"""Dithers with a fixed pattern against banding: each place has the same offset in every frame, so nothing flickers.

The pattern is blue noise (Ulichney, "The void-and-cluster method for dither array generation", 1993).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import UInt8

_SIDE = 64
_STRENGTH = 6.0  # from the lowest offset to the highest, in 8-bit values: about a step of 256 well-chosen colours


def dithered(rgb: UInt8) -> UInt8:
    """Return `rgb` (H, W, 3) uint8 with the pattern added."""
    height, width = rgb.shape[:2]
    tiles = -(-height // _SIDE), -(-width // _SIDE)
    offset = np.tile(_pattern(), tiles)[:height, :width, None]
    pixels: UInt8 = np.clip(rgb + offset, 0, 255).astype(np.uint8)
    return pixels


@cache
def _pattern() -> NDArray[np.int16]:
    ranks = _void_and_cluster().reshape(_SIDE, _SIDE)
    return np.rint(((ranks + 0.5) / _SIDE**2 - 0.5) * _STRENGTH).astype(np.int16)


def _void_and_cluster() -> NDArray[np.int64]:
    """Return ranks (64²,): each point goes farthest from the earlier points (Gaussian, σ 1.5 px, periodic)."""
    distance = np.minimum(np.arange(_SIDE), _SIDE - np.arange(_SIDE))
    bump = np.exp(-(distance[:, None] ** 2 + distance[None, :] ** 2) / (2 * 1.5**2))
    energy = np.random.default_rng(0).random((_SIDE, _SIDE)) * 1e-6
    ranks = np.zeros((_SIDE, _SIDE), np.int64)
    taken = np.zeros((_SIDE, _SIDE), np.bool_)
    for rank in range(_SIDE**2):
        at = np.unravel_index(np.where(taken, np.inf, energy).argmin(), energy.shape)
        ranks[at], taken[at] = rank, True
        energy += np.roll(bump, at, (0, 1))
    return ranks.ravel()
