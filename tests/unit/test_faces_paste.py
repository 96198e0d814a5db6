import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.faces.align import TEMPLATE, crop, matrix
from pipeline.faces.mask import static
from pipeline.faces.paste import at_scale, bounds, paste


def picture(height=120, width=160, seed=0):
    coarse = np.random.default_rng(seed).integers(30, 220, (12, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def upscaled(rgb, scale):
    size = (rgb.shape[1] * scale, rgb.shape[0] * scale)
    return cv2.resize(rgb, size, interpolation=cv2.INTER_LANCZOS4)


def face_at(x, y, size, angle=0.0):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return matrix(((TEMPLATE - 256) @ turn.T * size / 512 + (x, y)).astype(np.float32))


places = st.tuples(st.floats(-60, 220), st.floats(-60, 180), st.floats(12, 300), st.floats(-np.pi, np.pi))


@given(places, st.sampled_from([1, 2, 4]), st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_an_unchanged_face_leaves_the_background_wherever_it_lies(place, scale, weight):
    source = picture()
    background = upscaled(source, scale)
    to_face = face_at(*place)
    aligned = crop(source, to_face)
    pasted = paste(background, aligned, aligned, to_face, scale, weight)
    assert np.abs(pasted.astype(int) - background).max() <= 1


@given(places, st.sampled_from([1, 2]))
@example((18.0, 17.0, 12.0, 0.0), 1)  # 12 px: the mask, averaged over 42 px, reached over the square's edge
@settings(max_examples=25, deadline=None)
def test_nothing_outside_of_the_faces_square_changes(place, scale):
    background = upscaled(picture(), scale)
    to_face = face_at(*place)
    pasted = paste(background, np.full((512, 512, 3), 255, np.uint8), None, to_face, scale)
    y, x = np.mgrid[: background.shape[0], : background.shape[1]]
    inside = np.stack([x, y], -1) @ at_scale(to_face, scale)[:, :2].T + at_scale(to_face, scale)[:, 2]
    outside = (inside < 0).any(-1) | (inside > 511).any(-1)
    assert np.array_equal(pasted[outside], background[outside])


def test_a_restored_face_replaces_the_middle_and_meets_the_border_softly():
    source = picture()
    to_face = face_at(80, 60, 100)
    detail = np.random.default_rng(1).normal(0, 25, (512, 512, 3))
    restored = np.clip(crop(source, to_face) + cv2.GaussianBlur(detail, (0, 0), 4) * 8, 0, 255).astype(np.uint8)
    background = upscaled(source, 2)
    change = np.abs(paste(background, restored, crop(source, to_face), to_face, 2).astype(float) - background).mean(-1)
    assert change[100:140, 140:180].mean() > 10
    border = [change[20:24, 60:260], change[216:220, 60:260], change[20:220, 60:64], change[20:220, 256:260]]
    assert max(strip.max() for strip in border) <= 1


def test_a_face_of_another_colour_takes_the_sources_light():
    source = picture()
    to_face = face_at(80, 60, 100)
    aligned = crop(source, to_face)
    tinted = np.clip(aligned + np.array([20, -15, 10]), 0, 255).astype(np.uint8)
    background = upscaled(source, 2)
    assert np.abs(paste(background, tinted, aligned, to_face, 2).astype(int) - background).mean() < 2


def test_half_a_weight_is_half_the_change():
    source = np.full((120, 160, 3), 100, np.uint8)
    to_face = face_at(80, 60, 100)
    white = np.full((512, 512, 3), 200, np.uint8)
    assert paste(source, white, None, to_face, 1)[60, 80].tolist() == [200] * 3
    assert paste(source, white, None, to_face, 1, weight=0.5)[60, 80].tolist() == [150] * 3


def test_the_background_given_is_not_written_to():
    source = picture()
    before = source.copy()
    paste(source, np.zeros((512, 512, 3), np.uint8), None, face_at(80, 60, 100), 1)
    assert np.array_equal(source, before)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_face_lands_where_it_was_cut_out(scale):
    source = np.zeros((120, 160, 3), np.uint8)
    source[58:62, 78:82] = 255
    to_face = face_at(80, 60, 100)
    pasted = paste(upscaled(np.zeros_like(source), scale), crop(source, to_face), None, to_face, scale)
    y, x = np.nonzero(pasted[..., 0] > 127)
    assert np.allclose([(x.mean() + 0.5) / scale, (y.mean() + 0.5) / scale], [80, 60], atol=0.1)


def test_a_face_outside_of_the_picture_has_no_bounds():
    assert bounds(face_at(900, 60, 100), 160, 120) is None


def test_the_mask_is_whole_in_the_middle_and_nothing_at_the_border():
    mask = static()
    assert mask[200:320, 200:320].min() == 1
    assert max(mask[:8].max(), mask[-8:].max(), mask[:, :8].max(), mask[:, -8:].max()) == 0
    assert np.abs(np.diff(mask, axis=0)).max() < 0.03
