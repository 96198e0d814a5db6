import cv2
import numpy as np
import pytest

from pipeline.networks.compact import inputs
from pipeline.networks.compact.upscaler import damaged_share, residual_share
from pipeline.report import Measurement


def textured(side: int = 96) -> np.ndarray:
    noise = np.random.default_rng(2).integers(0, 256, (side, side, 3), np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)


def panned(step: int, count: int = 4) -> np.ndarray:
    wide = textured()
    return np.stack([wide[:64, step * t : step * t + 64] for t in range(count)])


def measured(**severity: float) -> Measurement:
    return Measurement("noisy" if severity else "clean", severity, 1.0)


def test_the_mean_around_a_frame_loses_its_noise_and_keeps_its_place() -> None:
    clean = panned(2)
    noisy = np.clip(clean + np.random.default_rng(1).normal(0, 8, clean.shape), 0, 255).astype(np.uint8)
    inner = slice(12, -12)
    for t, given in enumerate(inputs.frame_inputs(noisy, 8.0)):
        mean = cv2.resize(given.mean, (64, 64), interpolation=cv2.INTER_AREA).astype(float)
        left, before = mean - clean[t], noisy[t].astype(float) - clean[t]
        assert left[inner, inner].std() < 0.75 * before[inner, inner].std()
        assert given.frames[inner, inner].mean() > 1.8 * inputs.COUNT_STEP


def test_a_single_frame_is_its_own_mean() -> None:
    (given,) = inputs.frame_inputs(textured()[None], 0.0)
    assert np.array_equal(given.mean, cv2.resize(given.frame, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
    assert (given.frames == inputs.COUNT_STEP).all()


def test_a_frame_that_shows_something_else_is_left_out_of_the_mean() -> None:
    frame = textured()
    first, _ = inputs.frame_inputs(np.stack([frame, 255 - frame]), 2.0)
    alone = cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert np.abs(first.mean.astype(int) - alone).mean() < 1.5


def test_what_was_not_measured_differs_from_none_found() -> None:
    none = Measurement("clean", {}, 1.0, noise_sigma_8bit=0.0, edge_spread_px=0.0)
    one, other = inputs.condition(measured(), 256), inputs.condition(none, 256)
    assert one.shape == other.shape == (inputs.CONDITION_SIZE,)
    assert not np.array_equal(one, other)


def test_dither_and_noise_add_up_as_independent_errors() -> None:
    both = Measurement("noisy", {}, 1.0, noise_sigma_8bit=3.0, dither=4.0)
    assert inputs.temporal_sigma(both) == pytest.approx(5.0)


def test_clean_clips_are_left_alone_at_their_own_size() -> None:
    assert damaged_share(measured()) == 0
    assert damaged_share(measured(noise=0.37, blur=0.6, low_res=3.0)) == 0
    assert damaged_share(measured(noise=1.0)) == damaged_share(measured(blur=1.2)) == 1


def test_a_blurred_picture_is_sharpened_with_restraint() -> None:
    sharp, blurred = (Measurement("clean", {}, 1.0, edge_spread_px=px) for px in (1.5, 5.0))
    assert residual_share(blurred) < residual_share(sharp) <= 1


def test_colours_are_counted_whole() -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[0, 0], frame[0, 1] = (1, 0, 0), (0, 0, 1)
    assert inputs.colours(frame) == 3
