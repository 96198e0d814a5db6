"""On drawn pictures, whose damage is known by construction, each measure gives its unit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import erf

from pipeline.measuring import blocks, blur, dither, noise, resolution
from pipeline.measuring.severity import Damage, category, severities

NOTHING = {
    "blur_px": 0.0,
    "streak_px": 0.0,
    "sigma_8bit": 0.0,
    "dither_8bit": 0.0,
    "grid": 0.0,
    "blockiness": 0.0,
    "quantised_8bit": 0.0,
    "factor": 1.0,
    "width_px": 500.0,
    "eye_distance_px": None,
}


def disc_of_light(sigma_px, side=160, radius=50):
    """A bright disc, its edge a Gaussian step in every direction."""
    rows, columns = np.mgrid[:side, :side] - side / 2
    distance = radius - np.hypot(rows, columns)
    return (40 + 160 * (0.5 + 0.5 * erf(distance / (np.sqrt(2) * sigma_px)))).astype(np.float32)


@given(st.floats(1.5, 5.0))
@settings(max_examples=15, deadline=None)
def test_the_edge_of_a_drawn_disc_has_the_rise_it_was_drawn_with(sigma):
    found = blur.edges(disc_of_light(sigma), 0.0)
    assert found.quantile_px(0.5) == pytest.approx(2.563 * sigma, rel=0.1)
    assert blur.streak(found) is None


def test_a_disc_smeared_sideways_has_a_streak_of_that_length_and_direction():
    smeared = np.mean([np.roll(disc_of_light(1.0), shift, axis=1) for shift in range(-5, 6)], axis=0)
    found = blur.streak(blur.edges(smeared.astype(np.float32), 0.0))
    assert found.length_px == pytest.approx(11, rel=0.35)
    assert min(found.angle_deg, 180 - found.angle_deg) < 10


@given(st.floats(1.0, 40.0), st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_noise_on_a_grey_wall_has_its_sigma(sigma, seed):
    wall = 128 + np.random.default_rng(seed).normal(0, sigma, (200, 200, 3))
    frame = np.clip(np.rint(wall), 0, 255).astype(np.uint8)
    assert noise.spatial(frame).sigma == pytest.approx(np.hypot(sigma, 12**-0.5), rel=0.1)


def test_a_repeated_frame_has_no_temporal_noise_to_tell():
    frame = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    assert noise.temporal(frame, frame) is None


def test_a_checkerboard_of_two_near_tones_is_dither_and_a_line_drawing_is_not():
    board = np.indices((40, 40)).sum(axis=0) % 2
    tones = np.repeat((100 + 10 * board)[..., None], 3, axis=-1).astype(np.uint8)
    assert dither.amplitude(tones) == pytest.approx(10)
    drawing = np.full((40, 40, 3), 255, np.uint8)
    drawing[::4] = 0
    assert dither.amplitude(drawing) == 0


def test_steps_at_every_eighth_pixel_are_blocks_whatever_their_phase():
    tiles = np.random.default_rng(3).uniform(90, 110, (12, 12))
    picture = np.kron(tiles, np.ones((8, 8)))[3:, 5:][None].astype(np.float32)
    assert blocks.blockiness(picture) > 5
    assert blocks.blockiness(disc_of_light(2.0)[None]) < 0.5


def texture(side=128):
    return np.random.default_rng(5).normal(128, 30, (side, side)).astype(np.float32)


@pytest.mark.parametrize("phase", [(0, 0), (3, 6)])
def test_coefficients_quantised_in_steps_show_what_that_cost_wherever_the_grid_begins(phase):
    step, picture = 20.0, texture()
    bases = blocks._BASES
    tiles = picture.reshape(16, 8, 16, 8).transpose(0, 2, 1, 3)
    rounded = bases.T @ (np.rint(bases @ tiles @ bases.T / step) * step) @ bases
    decoded = np.rint(rounded).transpose(0, 2, 1, 3).reshape(128, 128)
    lost = np.sqrt(np.square(decoded - picture).mean())
    assert blocks.quantised(decoded[phase[0] :, phase[1] :].astype(np.float32)) == pytest.approx(lost, rel=0.2)
    assert blocks.quantised(picture) == 0


@pytest.mark.parametrize("factor", [1.5, 2, 3, 6])
def test_repeated_pixels_tell_how_often_and_no_other_picture_has_them(factor):
    rows = (np.arange(180) / factor).astype(int)
    enlarged = texture()[rows[:, None], rows]
    assert resolution.traces(enlarged[None]).copied == pytest.approx(factor, rel=0.05)
    assert resolution.traces(texture()[None]).copied == 1
    margins = np.full((200, 200), 255, np.float32)
    margins[40:168, 40:168] = texture()
    assert resolution.traces(margins[None]).copied == 1


def test_a_frame_of_few_colours_is_a_palettes_and_one_of_greys_tells_nothing():
    colours = np.random.default_rng(0).integers(0, 256, (200, 3)).astype(np.uint8)
    chosen = np.random.default_rng(1).integers(0, 200, (100, 100))
    assert dither.is_palette(colours[chosen])
    assert not dither.is_palette(np.repeat(chosen[..., None], 3, axis=-1).astype(np.uint8))
    assert not dither.is_palette(np.random.default_rng(2).integers(0, 256, (100, 100, 3)).astype(np.uint8))


@pytest.mark.parametrize(
    ("damage", "name", "filed"),
    [
        ({"blur_px": 0.62}, "blur", "blurry"),
        ({"streak_px": 2.6}, "blur", "blurry"),
        ({"sigma_8bit": 2.9}, "noise", "noisy"),
        ({"dither_8bit": 3.3}, "noise", "noisy"),
        ({"quantised_8bit": 1.4}, "noise", "noisy"),
        ({"factor": 1.2001}, "low_res", "low_res"),
        ({"width_px": 144.0}, "low_res", "low_res"),
        ({"eye_distance_px": 18.0}, "low_res", "low_res"),
    ],
)
def test_each_damage_alone_reaches_1_where_it_becomes_visible_and_names_the_category(damage, name, filed):
    severity = severities(Damage(**(NOTHING | damage)))
    assert severity[name] == pytest.approx(1.0, abs=0.01)
    assert category(severity)[0] == filed


def test_the_blur_of_an_enlarged_picture_counts_in_its_own_pixels():
    severity = severities(Damage(**(NOTHING | {"blur_px": 1.6, "factor": 4.0})))
    assert severity["blur"] < 1 < severity["low_res"]


@given(st.floats(0, 20), st.floats(0, 20), st.floats(0, 20))
@settings(max_examples=50, deadline=None)
def test_the_category_is_that_of_the_greatest_severity(blurred, noisy, low):
    filed, margin = category({"blur": blurred, "noise": noisy, "low_res": low})
    greatest = max(blurred, noisy, low)
    assert 0 <= margin <= 1
    assert (filed == "clean") == (greatest < 1)
    if filed == "blurry":
        assert blurred == greatest
