"""The scores are the published ones, and mean what their columns say."""

import cv2
import numpy as np
import pytest
from scipy import ndimage
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from pipeline.clips.clip import Clip, Frame
from pipeline.scoring.fidelity import fidelity
from pipeline.scoring.scores import evaluate
from pipeline.steadiness.loss import warping_error


def photo(width=160, height=120):
    return cv2.resize(data.astronaut(), (width, height), interpolation=cv2.INTER_AREA)


def panning(length=4, width=120, height=96):
    whole = photo(width + 2 * length, height)
    frames = np.stack([whole[:, 2 * i : 2 * i + width] for i in range(length)])
    return Clip(frames, None, np.full(length, 40, np.int32))


@pytest.fixture(params=[(64, 64), (101, 77), (30, 11), (250, 180), (512, 400)])
def pair(request):
    width, height = request.param
    clean = photo(width, height)
    noisy = clean + np.random.default_rng(7).normal(0, 12, clean.shape)
    return clean, cv2.GaussianBlur(np.clip(noisy, 0, 255).astype(np.uint8), (0, 0), 0.8)


def test_ssim_is_the_one_of_scikit_image_at_full_size(pair):
    clean, damaged = pair
    expected = structural_similarity(
        clean, damaged, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert fidelity(clean, damaged).ssim == pytest.approx(expected, abs=1e-4)


def test_psnr_is_the_one_of_scikit_image(pair):
    clean, damaged = pair
    assert fidelity(clean, damaged).psnr_db == pytest.approx(peak_signal_noise_ratio(clean, damaged), abs=1e-3)


def test_gmsd_is_the_deviation_of_the_similarity_of_prewitts_gradients_at_half_size(pair):
    clean, damaged = pair
    similarity = gradient_similarity(clean, damaged)
    assert fidelity(clean, damaged).gmsd == pytest.approx(similarity.std(), abs=1e-5)


def gradient_similarity(reference, image):
    """As Xue et al. 2014 define it, with c = 170 on 8-bit levels; written down with SciPy and float64."""
    x, y = (gradient_magnitude(rgb) for rgb in (reference, image))
    return (2 * x * y + 170) / (x * x + y * y + 170)


def gradient_magnitude(rgb):
    grey = rgb @ np.array([0.299, 0.587, 0.114])
    grey = np.pad(grey, [(0, side % 2) for side in grey.shape])
    half = (grey[::2, ::2] + grey[1::2, ::2] + grey[::2, 1::2] + grey[1::2, 1::2]) / 4
    prewitt = np.array([[1, 0, -1]] * 3) / 3
    return np.hypot(*(ndimage.convolve(half, kernel, mode="constant") for kernel in (prewitt, prewitt.T)))


def test_equal_images_score_80_db_and_no_deviation():
    clip = panning()
    scores = evaluate(clip, clip, clip, "truth")
    assert scores.psnr_db == 80.0
    assert scores.ssim == pytest.approx(1.0)
    assert scores.gmsd == pytest.approx(0.0, abs=1e-6)
    assert scores.tmse_input == scores.tmse_output


def test_t_mse_is_the_warping_error_of_the_temporal_loss():
    clip = panning()
    noisy = np.clip(clip.frames + np.random.default_rng(1).normal(0, 9, clip.frames.shape), 0, 255).astype(np.uint8)
    scores = evaluate(clip, clip, Clip(noisy, None, clip.durations_ms), "input")
    assert scores.tmse_input == pytest.approx(warping_error(clip.frames, clip.frames), rel=1e-5)
    assert scores.tmse_output == pytest.approx(warping_error(clip.frames, noisy), rel=1e-5)
    assert scores.frames[0].tmse_output is None


def test_an_output_of_twice_the_size_is_scored_at_the_size_of_its_reference():
    clip = panning()
    twice = np.stack([cv2.resize(f, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST) for f in clip.frames])
    scores = evaluate(clip, clip, Clip(twice, None, clip.durations_ms), "truth")
    assert scores.psnr_db == 80.0


def test_blur_lowers_sharpness_and_flicker_raises_t_mse():
    clip = panning()
    soft = np.stack([cv2.GaussianBlur(f, (0, 0), 2) for f in clip.frames])
    flickering = clip.frames.copy()
    flickering[1::2] //= 2
    blurred = evaluate(clip, clip, Clip(soft, None, clip.durations_ms), "input")
    uneven = evaluate(clip, clip, Clip(flickering, None, clip.durations_ms), "input")
    assert blurred.sharpness_output < 0.5 * blurred.sharpness_input
    assert uneven.tmse_output > 10 * uneven.tmse_input


def test_one_frame_has_no_t_mse():
    clip = panning(1)
    scores = evaluate(clip, clip, clip, "input")
    assert (scores.tmse_input, scores.tmse_output) == (None, None)


@pytest.mark.parametrize(("side", "ssim", "gmsd"), [(1, False, False), (3, False, False), (10, False, True)])
def test_an_image_smaller_than_the_window_has_no_score_rather_than_a_wrong_one(side, ssim, gmsd):
    frames = [Frame(np.full((side, side, 3), 90, np.uint8), None, 100)] * 2
    scores = evaluate(frames, frames, frames, "input")
    assert (scores.ssim is not None, scores.gmsd is not None) == (ssim, gmsd)
    assert np.isfinite([scores.psnr_db, scores.tmse_output, scores.sharpness_output]).all()


def test_colours_under_transparent_pixels_do_not_count():
    alpha = np.zeros((32, 32), np.uint8)
    black, white = (Frame(np.full((32, 32, 3), level, np.uint8), alpha, 40) for level in (0, 255))
    assert evaluate([black], [black], [white], "input").psnr_db == 80.0


def test_an_output_without_transparency_is_scored_as_the_same_picture_on_white():
    alpha = np.where(np.indices((32, 32))[1] < 16, 255, 0).astype(np.uint8)
    see_through = Frame(np.full((32, 32, 3), 40, np.uint8), alpha, 40)
    flat = Frame(np.where(alpha[..., None] == 255, see_through.rgb, np.uint8(255)), None, 40)
    assert evaluate([see_through], [see_through], [flat], "input").psnr_db == 80.0


def test_scoring_ends_with_the_shortest_clip_and_refuses_none_at_all():
    clip = panning(4)
    assert len(evaluate(list(clip)[:2], clip, clip, "truth").frames) == 2
    with pytest.raises(ValueError, match="nothing to score"):
        evaluate([], clip, clip, "truth")


def test_frames_are_taken_one_at_a_time_so_that_a_long_clip_needs_no_more_memory():
    clip = panning(4)
    taken = []

    def reference():
        for frame in clip:
            taken.append("reference")
            yield frame

    def output():
        for frame in clip:
            taken.append("output")
            yield frame

    evaluate(reference(), clip, output(), "input")
    assert taken == ["reference", "output"] * 4
