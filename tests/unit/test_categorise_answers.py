"""Every clip gets a defined answer: never NaN, a reason for each None, low confidence where there is little to see."""

import dataclasses
import math

import numpy as np
import pytest

from pipeline.clips.clip import Clip
from pipeline.measuring import measure

SHAPES = [(1, 1, 1), (2, 1, 3), (3, 2, 5), (1, 7, 9), (4, 16, 16), (4, 100, 40), (1, 90, 90)]


def contents(shape):
    rng = np.random.default_rng(0)
    text = np.full((*shape, 3), 255, np.uint8)
    text[:, ::9, ::5] = 0
    yield "black", np.zeros((*shape, 3), np.uint8)
    yield "white", np.full((*shape, 3), 255, np.uint8)
    yield "grey", np.full((*shape, 3), 77, np.uint8)
    yield "one bit", np.repeat((rng.random((*shape, 1)) > 0.5).astype(np.uint8) * 255, 3, axis=-1)
    yield "static", rng.integers(0, 256, (*shape, 3)).astype(np.uint8)
    yield "text", text


CASES = [(f"{name} {shape}", frames) for shape in SHAPES for name, frames in contents(shape)]


@pytest.mark.parametrize("frames", [c[1] for c in CASES], ids=[c[0] for c in CASES])
def test_the_answer_is_defined_whatever_the_clip(frames):
    found = measure(Clip(frames, None, np.full(len(frames), 40, np.int32)))
    assert found.category in {"blurry", "noisy", "low_res", "clean"}
    assert set(found.severity) == {"blur", "noise", "low_res"}
    assert 0.0 <= found.confidence <= 1.0
    values = [v for v in dataclasses.asdict(found).values() if isinstance(v, float)]
    assert all(math.isfinite(v) for v in [*values, *found.severity.values(), *found.spread.values()])
    for name in ("edge_spread_px", "noise_sigma_8bit", "noise_temporal_sigma_8bit", "blockiness"):
        assert (getattr(found, name) is None) == (name in found.reasons), name
