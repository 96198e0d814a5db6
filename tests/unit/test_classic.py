"""The restorer that needs no weights is better than its input, and leaves what is good alone."""

import numpy as np
import pytest
from skimage import data

from pipeline.clips.clip import Clip
from pipeline.networks import classic
from pipeline.report import Measurement
from training.degrade import ErrorDiffusion, degrade


def measured(**values: float) -> Measurement:
    return Measurement("clean", {}, 1.0, **values)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)))


@pytest.fixture(scope="module")
def moving_face() -> np.ndarray:
    """Six frames of the astronaut's face, drifting by two pixels a frame: (6, 160, 160, 3)."""
    picture = data.astronaut()
    return np.stack([picture[20:180, 140 + 2 * t : 300 + 2 * t] for t in range(6)])


def noisy(frames: np.ndarray, sigma: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, sigma, frames.shape)
    return np.clip(frames + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("sigma", "gain_db"), [(6, 2.5), (12, 3), (25, 3)])
def test_noise_is_taken_away(moving_face, sigma, gain_db):
    damaged = noisy(moving_face, sigma)
    cleaned = classic.clean(damaged, measured(noise_sigma_8bit=float(sigma)))
    assert psnr(cleaned, moving_face) > psnr(damaged, moving_face) + gain_db


def test_noise_is_taken_away_without_neighbours_too(moving_face):
    damaged = noisy(moving_face[:1], 12)
    cleaned = classic.clean(damaged, measured(noise_sigma_8bit=12.0))
    assert psnr(cleaned, moving_face[:1]) > psnr(damaged, moving_face[:1]) + 1


def test_a_clean_clip_comes_back_untouched(moving_face):
    assert np.array_equal(classic.clean(moving_face, measured(noise_sigma_8bit=0.3, edge_spread_px=1.5)), moving_face)


def test_blur_is_undone_in_part(moving_face):
    import cv2

    blurred = np.stack([cv2.GaussianBlur(f, (0, 0), 1.5) for f in moving_face])
    edge = 2.563 * 1.5
    restored = classic.clean(blurred, measured(noise_sigma_8bit=0.0, edge_spread_px=float(np.hypot(edge, 2))))
    assert psnr(restored, moving_face) > psnr(blurred, moving_face) + 0.5


def test_dither_is_smoothed(moving_face):
    dithered = degrade(Clip(moving_face, None, np.full(6, 40, np.int32)), [ErrorDiffusion(16)], 1).frames
    restored = classic.clean(dithered, measured(noise_sigma_8bit=0.0, dither=8.0))
    assert psnr(restored, moving_face) > psnr(dithered, moving_face) + 1


def test_grain_is_not_sharpened():
    grain = np.clip(np.random.default_rng(0).normal(120, 2, (32, 32, 1)).repeat(3, 2), 0, 255).astype(np.uint8)
    assert classic.deblur(grain, 1.5).std() < 1.2 * grain.std()


def test_deblurring_an_edge_does_not_ring():
    edge = np.full((32, 32, 3), 60, np.uint8)
    edge[:, 16:] = 200
    restored = classic.deblur(edge, 1.5)
    assert restored.min() >= 58
    assert restored.max() <= 202


def test_measures_without_an_answer_leave_the_clip_alone(moving_face):
    assert np.array_equal(classic.clean(moving_face, measured()), moving_face)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_upscaling_multiplies_both_sides(moving_face, scale):
    assert classic.upscale(moving_face, scale).shape == (6, 160 * scale, 160 * scale, 3)


def test_upscaling_stays_within_the_colours_around():
    frame = np.zeros((1, 8, 8, 3), np.uint8)
    frame[:, :, 4:] = 255
    large = classic.upscale(frame, 2)
    assert set(np.unique(large[0, :, :6])) == {0}
    assert set(np.unique(large[0, :, 10:])) == {255}


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (5, 3), (2, 2000), (2000, 1)])
def test_the_smallest_frames_pass(shape):
    frames = np.random.default_rng(0).integers(0, 255, (3, *shape, 3)).astype(np.uint8)
    cleaned = classic.clean(frames, measured(noise_sigma_8bit=10.0, edge_spread_px=5.0))
    assert classic.upscale(cleaned, 2).shape == (3, 2 * shape[0], 2 * shape[1], 3)
