import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.faces.align import SIDE, TEMPLATE, crop, features, matrix

similarity = st.tuples(st.floats(0.02, 8), st.floats(-np.pi, np.pi), st.floats(-500, 500), st.floats(-500, 500))


def placed(size, angle, x, y):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ((TEMPLATE - 256) @ turn.T * size + (x, y)).astype(np.float32)


@given(similarity)
@settings(max_examples=40, deadline=None)
def test_the_landmarks_come_to_lie_on_the_template(place):
    landmarks = placed(*place)
    to_face = matrix(landmarks)
    assert np.abs(landmarks @ to_face[:, :2].T + to_face[:, 2] - TEMPLATE).max() < 0.1


def test_an_upside_down_face_is_turned_upright():
    to_face = matrix(placed(0.5, np.pi, 100, 100))
    assert to_face[0, 0] < 0 < to_face[0, 2]


@pytest.mark.parametrize("bad", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.full((5, 2), np.inf)])
def test_landmarks_that_span_nothing_are_refused(bad):
    with pytest.raises(ValueError, match="no face can be aligned"):
        matrix(bad.astype(np.float32))


def test_outside_of_the_picture_is_the_grey_that_gfpgan_was_trained_with():
    picture = np.zeros((40, 40, 3), np.uint8)
    aligned = crop(picture, matrix(placed(0.1, 0.0, 0, 0)))
    assert aligned[0, 0].tolist() == [132, 133, 135]
    assert aligned[400, 400].tolist() == [0, 0, 0]


@given(similarity, st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_alignment_is_facexlibs(place, seed):
    generator = np.random.default_rng(seed)
    picture = generator.integers(0, 256, (90, 120, 3), dtype=np.uint8)
    landmarks = placed(*place) + generator.normal(0, 2, (5, 2)).astype(np.float32)
    # facexlib.utils.face_restoration_helper.FaceRestoreHelper.align_warp_face, on BGR
    theirs = cv2.estimateAffinePartial2D(landmarks.astype(np.float64), TEMPLATE, method=cv2.LMEDS)[0]
    bgr = cv2.warpAffine(
        picture[..., ::-1], theirs, (512, 512), borderMode=cv2.BORDER_CONSTANT, borderValue=(135, 133, 132)
    )
    assert np.array_equal(crop(picture, matrix(landmarks)), bgr[..., ::-1])


@pytest.mark.parametrize("side", [128, 200, 512])
def test_eyes_and_mouth_lie_around_their_points_at_any_size(side):
    scale = side / SIDE
    points = [TEMPLATE[0], TEMPLATE[1], TEMPLATE[3:].mean(axis=0)]
    for (rows, columns), (x, y) in zip(features(side), points, strict=True):
        assert 0 <= columns.start < x * scale < columns.stop <= side
        assert 0 <= rows.start < y * scale < rows.stop <= side
