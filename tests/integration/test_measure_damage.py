"""A photograph under known damage is filed where it belongs, and the damage is measured in its own unit."""

from functools import lru_cache

import cv2
import numpy as np
import pytest
from skimage import data

from pipeline.clips.clip import Clip, Frame
from pipeline.cutting.sampling import measure_section
from pipeline.cutting.sections import Section
from pipeline.faces.align import TEMPLATE
from pipeline.faces.detect import Detection
from pipeline.measuring import measure
from pipeline.media import gif
from pipeline.report import Measurement
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
)


@lru_cache(maxsize=1)
def photograph() -> Clip:
    """A camera that pans over a sharp picture, one pixel a frame."""
    picture = data.astronaut()
    windows = [picture[2 * i : 2 * i + 480, 2 * i : 2 * i + 480] for i in range(4)]
    frames = np.stack([cv2.resize(w, (240, 240), interpolation=cv2.INTER_AREA) for w in windows])
    return Clip(frames, None, np.full(4, 40, np.int32), 0)


def face(eyes_px: float, x: float = 120, y: float = 100, turned: float = 1.0) -> Detection:
    """A face around (x, y) with `eyes_px` between its eyes; turning it aside makes it `turned` times as wide."""
    points = (TEMPLATE - TEMPLATE[2]) * eyes_px / 125.9 * (turned, 1) + (x, y)
    left, top = points.min(axis=0)
    return Detection(np.array([left, top, *np.ptp(points, axis=0)], np.float32), points.astype(np.float32), 0.9)


def of_faces(*faces: Detection) -> Measurement:
    """The measurement of the photograph when the detector sees these faces in each frame."""
    clip = photograph()
    frames = [Frame(rgb, None, 40) for rgb in clip.frames]
    section = Section("clip", 0, lambda: frames, len(frames), 240, 240, 0, False)
    return measure_section(section, lambda rgb: list(faces))


def measured(*damages):
    return measure(degrade(photograph(), damages, seed=4))


@pytest.mark.parametrize(
    ("damage", "category"),
    [
        (GaussianBlur(1.3), "blurry"),
        (Defocus(3.5), "blurry"),
        (MotionBlur(10, 45), "blurry"),
        (GaussianNoise(8), "noisy"),
        (PoissonNoise(150), "noisy"),
        (Jpeg(25), "noisy"),
        (ErrorDiffusion(20), "noisy"),
        (OrderedDither(7), "noisy"),
        (Downsample(2), "low_res"),
        (Downsample(3.3), "low_res"),
        (Downsample(3, cv2.INTER_NEAREST), "low_res"),
        (Downsample(2, cv2.INTER_NEAREST), "low_res"),
    ],
    ids=str,
)
def test_one_visible_damage_names_the_category(damage, category):
    assert measured(damage).category == category


@pytest.mark.parametrize(
    ("damage", "measure"),
    [(GaussianNoise(8), "sigma"), (ErrorDiffusion(20), "dither"), (OrderedDither(7), "dither"), (Jpeg(40), "blocks")],
    ids=str,
)
def test_a_noisy_clip_says_which_measure_made_it_so(damage, measure):
    found = measured(damage)
    assert found.noise_measure == measure
    assert found.noise_amount > 0


def test_a_sharp_photograph_is_clean():
    found = measured()
    assert found.category == "clean"
    assert max(found.severity.values()) < 1


@pytest.mark.parametrize("sigma", [4, 10, 20])
def test_noise_is_measured_within_a_tenth_inside_a_frame_and_between_frames(sigma):
    found = measured(GaussianNoise(sigma))
    assert found.noise_sigma_8bit == pytest.approx(sigma, rel=0.1)
    assert found.noise_temporal_sigma_8bit == pytest.approx(sigma, rel=0.1)


@pytest.mark.parametrize("sigma", [1.5, 2.5, 4])
def test_edge_spread_is_the_rise_distance_of_the_blur(sigma):
    truth = np.hypot(2.563 * sigma, measured().edge_spread_px)
    assert measured(GaussianBlur(sigma)).edge_spread_px == pytest.approx(truth, rel=0.15)


def test_edge_spread_holds_against_noise():
    assert measured(GaussianBlur(2.5), GaussianNoise(8)).edge_spread_px == pytest.approx(2.563 * 2.5, rel=0.2)


@pytest.mark.parametrize(("length", "angle"), [(8, 0), (8, 90), (12, 30), (12, 120)])
def test_motion_blur_has_its_length_and_direction(length, angle):
    found = measured(MotionBlur(length, angle))
    assert found.motion_blur_px == pytest.approx(length, rel=0.35)
    assert abs((found.motion_blur_deg - angle + 90) % 180 - 90) < 15


def test_a_round_blur_has_no_direction():
    assert measured(GaussianBlur(2.5)).motion_blur_px is None


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_an_enlarged_picture_has_its_own_pixels_for_effective_width(factor):
    found = measured(Downsample(factor))
    assert found.effective_width_px == pytest.approx(240 / factor, rel=0.1)
    assert found.resolution_cutoff == pytest.approx(1 / factor, rel=0.1)


def test_dither_is_not_read_as_sensor_noise():
    found = measured(OrderedDither(8))
    assert found.dither > 8
    assert found.noise_sigma_8bit < 0.3 * found.dither


def test_sensor_noise_is_not_read_as_dither():
    assert measured(GaussianNoise(10)).dither < 1


def test_blocks_are_seen_only_where_a_codec_left_them():
    assert measured(Jpeg(15)).blockiness > 3 * measured().blockiness


def test_faces_far_apart_in_pixels_do_not_make_a_clip_low_res_and_near_ones_do():
    near, far = (measure(photograph(), [face(d).landmarks]) for d in (10, 60))
    assert near.category == "low_res"
    assert near.eye_distance_px == pytest.approx(10, rel=0.01)
    assert far.category == "clean"


def test_small_faces_in_the_corners_do_not_speak_for_the_large_one_in_the_middle():
    assert of_faces(face(60)).category == "clean"
    crowded = of_faces(face(9, 30, 30), face(9, 200, 30), face(60), face(9, 30, 200))
    assert crowded.category == "clean"
    assert crowded.eye_distance_px == pytest.approx(60, rel=0.01)


def test_a_face_in_profile_is_as_large_as_it_is_from_the_front():
    profile = of_faces(face(60, turned=0.03))
    assert profile.category == "clean"
    assert profile.eye_distance_px == pytest.approx(60, rel=0.02)


def test_what_hides_under_transparency_does_not_count():
    clip = photograph()
    noise = np.random.default_rng(0).integers(0, 256, clip.frames.shape).astype(np.uint8)
    alpha = np.full(clip.frames.shape[:3], 255, np.uint8)
    alpha[:, :120] = 0
    hidden = np.where(alpha[..., None] > 0, clip.frames, noise)
    assert measure(Clip(hidden, alpha, clip.durations_ms)).category == "clean"


def test_a_clip_written_as_a_gif_keeps_its_category(tmp_path):
    for damage, category in (((), "clean"), ((GaussianBlur(2.5),), "blurry"), ((Downsample(4),), "low_res")):
        path = tmp_path / f"{category}.gif"
        gif.write(degrade(photograph(), damage, 1), path)
        assert measure(gif.read(path)).category == category


def test_the_same_clip_is_measured_the_same_twice():
    assert measured(GaussianNoise(6)) == measured(GaussianNoise(6))


def test_frames_of_a_long_clip_are_sampled_so_that_a_change_half_way_shows_in_the_spread():
    clip = photograph()
    long = np.concatenate([np.repeat(clip.frames, 5, axis=0), np.repeat(measured_frames(GaussianBlur(4)), 5, axis=0)])
    found = measure(Clip(long, None, np.full(len(long), 40, np.int32)))
    assert found.spread["edge_spread_px"] > 1


def measured_frames(damage):
    return degrade(photograph(), [damage], 1).frames
