"""Winograd's convolution gives what the plain one gives."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from pipeline.networks.gfpgan import winograd

side = st.integers(1, 40)
channels = st.sampled_from([1, 3, 8, 20])


def made(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@given(side, side, channels, channels, st.sampled_from([1.0, 0.2]), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_map_is_convolved_as_the_formula_says(height, width, wide, out, slope, styled, doubled):
    x, weight, bias = made(height, width, wide), made(out, wide, 3, 3, seed=1), made(out, seed=2)
    scale, gain, noise = (
        made(wide, seed=3),
        made(out, seed=4),
        made(*(side * (2 if doubled else 1) for side in (height, width)), seed=5),
    )
    style = [part.numpy() for part in (scale, gain, noise)] if styled else [None] * 3
    found = winograd.convolve(x.numpy(), winograd.transformed(weight), bias.numpy(), slope, *style, doubled)
    if not styled:
        scale, gain, noise = torch.ones(wide), torch.ones(out), torch.zeros_like(noise)
    maps = (x * scale).permute(2, 0, 1)[None].double()
    maps = functional.interpolate(maps, scale_factor=2, mode="bilinear") if doubled else maps
    plain = functional.conv2d(maps, weight.double(), padding=1)[0]
    plain = plain * gain[:, None, None] + noise + bias[:, None, None]
    expected = functional.leaky_relu(plain, slope).permute(1, 2, 0).numpy()
    assert np.abs(found - expected).max() < 2e-3 * max(1, np.sqrt(wide))


def test_what_is_not_a_number_stays_so():
    x = np.full((12, 12, 8), np.nan, np.float32)
    found = winograd.convolve(x, winograd.transformed(made(8, 8, 3, 3)), np.zeros(8, np.float32), 0.2)
    assert np.isnan(found).all()


def test_the_same_map_gives_the_same_bytes_each_time():
    x, weight = made(64, 64, 32).numpy(), winograd.transformed(made(16, 32, 3, 3))
    first, second = (winograd.convolve(x, weight, np.zeros(16, np.float32), 0.2) for _ in range(2))
    assert first.tobytes() == second.tobytes()
