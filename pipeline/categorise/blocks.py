"""Blockiness: how much a step at every eighth pixel stands out, as block codecs leave it.

After Muijs and Kirenko 2005 ("A no-reference blocking artifact measure for adaptive video processing"): each step is
set against its neighbours; the grid's phase is found, since a cropped picture keeps its blocks.
"""

import numpy as np

from pipeline.categorise.sample import Float32

_PERIOD = 8
_SMALLEST = 32  # px
_FLAT = 24.0  # levels; larger steps are the picture's own edges


def blockiness(greys: Float32) -> float | None:
    """Return the mean step at the block grid of (N, H, W) float32 frames over the mean beside it, less 1; 0 = none."""
    if min(greys.shape[1:]) < _SMALLEST:
        return None
    across, down = _excess(greys), _excess(greys.transpose(0, 2, 1))
    return float(max(0.0, (across + down) / 2.0))


def _excess(greys: Float32) -> float:
    steps = np.abs(np.diff(greys, axis=2))
    steps[steps > _FLAT] = 0.0
    profile = steps.mean(axis=(0, 1))
    profile = profile[: len(profile) // _PERIOD * _PERIOD].reshape(-1, _PERIOD).mean(axis=0)
    beside = (np.roll(profile, 1) + np.roll(profile, -1)) / 2.0
    return float(((profile - beside) / (beside + 0.1)).max())
