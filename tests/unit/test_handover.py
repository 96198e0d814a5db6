"""A face that is handed from one window to the next lies where the next one aligns it."""

import cv2
import numpy as np
from temporal_clips import psnr

from pipeline.clips.clip import Clip, Shot
from pipeline.clips.equal_frames import EqualFrames
from pipeline.clips.window import Window
from pipeline.faces.align import TEMPLATE, crop, matrix
from pipeline.restoring.handover import Handover

PICTURE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (160, 160, 3), dtype=np.uint8), (0, 0), 3)
THERE = matrix((TEMPLATE / 8 + 40).astype(np.float32))
NEARBY = matrix((TEMPLATE / 8.1 + 40.7).astype(np.float32))
ELSEWHERE = matrix((TEMPLATE / 8 + 50).astype(np.float32))


def second_window(levels: list[int]) -> Window:
    """The window from frame 10 on, with one grey level a frame; it shares six frames with the one before."""
    frames = np.stack([np.full((2, 2, 3), level, np.uint8) for level in levels])
    clip = Clip(frames, None, np.full(len(frames), 40, np.int32))
    return Window(clip, EqualFrames.find(frames), start=10, overlap=6)


def test_a_face_is_moved_into_the_new_alignment():
    other = PICTURE[::-1].copy()
    handover = Handover(15, [(ELSEWHERE, crop(other, ELSEWHERE)), (THERE, crop(PICTURE, THERE))])
    assert psnr(handover.face(NEARBY)[16:-16, 16:-16], crop(PICTURE, NEARBY)[16:-16, 16:-16]) > 45


def test_another_face_is_not_taken_for_it():
    assert Handover(15, [(THERE, crop(PICTURE, THERE))]).face(ELSEWHERE) is None


def test_the_frame_is_known_by_its_place_among_frames_that_look_the_same():
    window = second_window([1, 1, 2, 2, 1, 1, 3, 3])
    assert Handover(15).picture_in(window, Shot(0, 8)) == 2
    assert Handover(15).picture_in(window, Shot(3, 8)) == 1


def test_a_shot_without_the_frame_and_a_first_window_are_handed_nothing():
    window = second_window([1, 1, 2, 2, 1, 1, 3, 3])
    assert Handover(15).picture_in(window, Shot(0, 5)) is None
    assert Handover(15).picture_in(window, Shot(6, 8)) is None
    assert Handover().picture_in(window, Shot(0, 8)) is None
