"""Winograd's convolution gives what the plain one gives."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from pipeline.networks.gfpgan import winograd
from pipeline.networks.gfpgan.winograd.bits import rounded

side = st.integers(1, 40)
channels = st.sampled_from([1, 3, 8, 20])
formats = [torch.float32, torch.bfloat16]


def made(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def convolved(x, weight, *rest):
    """`winograd.convolve` of a tensor in its type, as a float32 array."""
    bits = x.view(winograd.FORMS[x.dtype].bits).numpy()
    out = winograd.convolve(bits, winograd.transformed(weight.to(x.dtype)), *rest)
    return torch.from_numpy(out).view(x.dtype).float().numpy()


def plainly(x, weight, bias, slope, scale, gain, noise, doubled):
    """The formula in float64, by the plain convolution."""
    maps = (x.double() * scale).permute(2, 0, 1)[None]
    maps = functional.interpolate(maps, scale_factor=2, mode="bilinear") if doubled else maps
    out = functional.conv2d(maps, weight.double(), padding=1)[0]
    out = out * gain[:, None, None] + noise + bias[:, None, None]
    return functional.leaky_relu(out, slope).permute(1, 2, 0).numpy()


@given(
    side, side, channels, channels, st.sampled_from([1.0, 0.2]), st.booleans(), st.booleans(), st.sampled_from(formats)
)
@settings(max_examples=60, deadline=None)
def test_any_map_is_convolved_as_the_formula_says(height, width, wide, out, slope, styled, doubled, dtype):
    x, weight, bias = made(height, width, wide).to(dtype), made(out, wide, 3, 3, seed=1).to(dtype), made(out, seed=2)
    sides = [side * (2 if doubled else 1) for side in (height, width)]
    scale, gain, noise = made(wide, seed=3), made(out, seed=4), made(*sides, seed=5)
    style = [part.numpy() for part in (scale, gain, noise)] if styled else [None] * 3
    convolution = convolved(x, weight, bias.numpy(), slope, *style, doubled)
    if not styled:
        scale, gain, noise = torch.ones(wide), torch.ones(out), torch.zeros_like(noise)
    error = np.abs(convolution - plainly(x, weight, bias, slope, scale, gain, noise, doubled)).max()
    assert error < (2e-3 if dtype == torch.float32 else 1) * max(1, np.sqrt(wide))


@pytest.mark.parametrize("doubled", [False, True])
def test_bfloat16_is_within_a_fiftieth_of_what_the_map_spreads(doubled):
    x, weight = made(64, 60, 128).bfloat16(), (made(64, 128, 3, 3, seed=1) / 34).bfloat16()
    zeros = np.zeros(64, np.float32)
    convolution = convolved(x, weight, zeros, 1.0, None, None, None, doubled)
    plain = plainly(x, weight, torch.zeros(64), 1.0, torch.ones(128), torch.ones(64), torch.zeros(1), doubled)
    assert np.sqrt(np.mean((convolution - plain) ** 2)) < 0.02 * plain.std()


@given(st.floats(width=32))
@settings(deadline=None)
def test_a_float_is_rounded_to_bfloat16_as_pytorch_rounds_it(number):
    bits = torch.tensor([rounded(np.float32(number))], dtype=torch.uint16)
    expected = torch.tensor([number], dtype=torch.float32).bfloat16()
    assert torch.equal(bits.view(torch.bfloat16).nan_to_num(7), expected.nan_to_num(7))


@pytest.mark.parametrize("dtype", formats)
def test_what_is_not_a_number_stays_so(dtype):
    x = torch.full((12, 12, 8), torch.nan, dtype=dtype)
    assert np.isnan(convolved(x, made(8, 8, 3, 3), np.zeros(8, np.float32), 0.2)).all()


@pytest.mark.parametrize("dtype", formats)
def test_the_same_map_gives_the_same_bytes_each_time(dtype):
    x, weight = made(64, 64, 32).to(dtype), made(16, 32, 3, 3)
    first, second = (convolved(x, weight, np.zeros(16, np.float32), 0.2) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_openmp_is_told_to_let_waiting_threads_sleep_before_pytorch_reads_it():
    code = "import os, sys, pipeline; print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    told = subprocess.run([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True, check=True)
    assert told.stdout.split() == ["passive", "False"]
