"""Known damage is what it says: reproducible, of the size it names, and it keeps the clip's shape."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clips.clip import Clip
from training.degrade import (
    Defocus,
    Downsample,
    ErrorDiffusion,
    GaussianBlur,
    GaussianNoise,
    Jpeg,
    MotionBlur,
    OrderedDither,
    PoissonNoise,
    degrade,
    difference_rms_8bit,
    disc,
    streak,
)

EVERY_DAMAGE = [
    GaussianBlur(1.5),
    Defocus(2.5),
    MotionBlur(7, 30),
    GaussianNoise(10),
    PoissonNoise(80),
    Jpeg(20),
    ErrorDiffusion(16),
    OrderedDither(6),
    Downsample(3),
]


def clip_of(level=120, length=3, height=40, width=56):
    ramp = np.linspace(0, 60, width, dtype=np.uint8)[None, None, :, None]
    frames = np.broadcast_to(level + ramp, (length, height, width, 3)).astype(np.uint8)
    return Clip(frames, None, np.arange(10, 10 * length + 10, 10, dtype=np.int32), 0)


@pytest.mark.parametrize("damage", EVERY_DAMAGE, ids=lambda d: type(d).__name__)
def test_damage_keeps_size_times_and_loop_and_leaves_the_original_alone(damage):
    clean = clip_of()
    before = clean.frames.copy()
    damaged = degrade(clean, [damage], seed=3)
    assert damaged.frames.shape == clean.frames.shape
    assert damaged.frames.dtype == np.uint8
    assert (damaged.durations_ms == clean.durations_ms).all()
    assert damaged.loop == 0
    assert (clean.frames == before).all()


@pytest.mark.parametrize("damage", EVERY_DAMAGE, ids=lambda d: type(d).__name__)
def test_the_same_seed_damages_the_same_way(damage):
    assert (degrade(clip_of(), [damage], 5).frames == degrade(clip_of(), [damage], 5).frames).all()


def test_noise_is_new_in_every_frame_and_of_the_sigma_it_names():
    damaged = degrade(clip_of(), [GaussianNoise(12)], seed=1)
    assert difference_rms_8bit(clip_of(), damaged) == pytest.approx(12, rel=0.03)
    assert (damaged.frames[0] != damaged.frames[1]).any()


def test_shot_noise_grows_with_the_root_of_the_light():
    dark, bright = (
        difference_rms_8bit(clip_of(level), degrade(clip_of(level), [PoissonNoise(100)], 1)) for level in (10, 160)
    )
    assert dark < bright == pytest.approx(np.sqrt(190 * 255 / 100), rel=0.05)


@given(st.floats(1, 9), st.floats(0, 180))
@settings(max_examples=30, deadline=None)
def test_a_streak_has_the_variance_of_its_length_along_its_angle(length, angle):
    kernel = streak(length, angle).astype(float)
    rows, columns = np.mgrid[: len(kernel), : len(kernel)] - len(kernel) // 2
    along = columns * np.cos(np.deg2rad(angle)) + rows * np.sin(np.deg2rad(angle))
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    assert (kernel * along**2).sum() == pytest.approx(length**2 / 12, rel=0.25, abs=0.25)


@given(st.floats(2, 9))
@settings(max_examples=20, deadline=None)
def test_a_disc_has_the_variance_of_its_radius(radius):
    kernel = disc(radius).astype(float)
    columns = np.arange(len(kernel)) - len(kernel) // 2
    a_pixel_of_its_own = 1 / 12  # each entry is the mean over a pixel's area
    assert (kernel * columns**2).sum() == pytest.approx(radius**2 / 4 + a_pixel_of_its_own, rel=0.1, abs=0.1)


def test_damages_of_a_recipe_are_done_in_order():
    both = degrade(clip_of(), [GaussianNoise(10), GaussianBlur(2)], 1)
    assert difference_rms_8bit(clip_of(), both) < 5
