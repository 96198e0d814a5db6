"""YuNet on a real face."""

import cv2
import numpy as np
import pytest
import skimage.data

from pipeline.clips.clip import Clip
from pipeline.faces import track
from pipeline.faces.detect import yunet
from pipeline.settings import Faces

cv2.setNumThreads(2)


@pytest.fixture(scope="module")
def portrait():
    return skimage.data.astronaut()[:256, 96:352]


def scaled(rgb, factor):
    return cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def truth(portrait):
    (found,) = yunet(Faces())(portrait)
    return found


def test_the_landmarks_are_eyes_nose_and_mouth_in_the_templates_order(truth):
    left_eye, right_eye, nose, left_mouth, right_mouth = truth.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


@pytest.mark.parametrize("factor", [0.25, 0.5, 3])
def test_small_and_large_faces_are_found_at_the_same_place(portrait, truth, factor):
    (found,) = yunet(Faces(min_size_px=8))(scaled(portrait, factor))
    error = np.abs((found.landmarks + 0.5) / factor - 0.5 - truth.landmarks).mean()
    assert error < 0.06 * truth.box[2]


def test_a_face_of_12_px_is_found_or_left_alone_by_setting(portrait):
    tiny = np.full((120, 160, 3), 128, np.uint8)
    tiny[30:70, 60:100] = scaled(portrait, 40 / 256)
    (found,) = yunet(Faces(min_size_px=6))(tiny)
    assert found.box[2] < 20
    assert yunet(Faces(min_size_px=24))(tiny) == []


def test_a_face_half_outside_the_frame_breaks_nothing(portrait, truth):
    middle = int(truth.landmarks[2, 0])
    for found in yunet(Faces())(np.ascontiguousarray(portrait[:, middle:])):
        assert np.isfinite(found.landmarks).all()


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (64, 64, 3)])
def test_a_picture_without_a_face_has_none(shape):
    assert yunet(Faces())(np.full(shape, 90, np.uint8)) == []


def test_many_faces_are_all_found(portrait):
    wall = np.tile(scaled(portrait, 0.35), (5, 8, 1))
    assert len(yunet(Faces())(wall)) == 40


def shown(rgb, frames=3):
    return Clip(np.stack([rgb] * frames), None, np.full(frames, 40, np.int32), None)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_face_on_its_side_or_its_head_is_aligned_by_where_its_eyes_really_are(portrait, turns):
    (upright,) = track(shown(portrait), Faces())
    (turned,) = track(shown(np.ascontiguousarray(np.rot90(portrait, turns))), Faces())
    points = upright.landmarks[0]
    for _ in range(turns):
        points = np.stack([points[:, 1], 255 - points[:, 0]], 1)
    assert np.abs(turned.landmarks[0] - points).max() < 0.08 * upright.boxes[0, 2]


def test_an_upright_face_is_left_as_it_was_found(portrait, truth):
    (found,) = track(shown(portrait), Faces(smooth_ms=0))
    assert np.array_equal(found.landmarks[0], truth.landmarks)
