"""A face that is handed from one window to the next lies where the next one aligns it."""

import cv2
import numpy as np
from temporal_clips import psnr

from pipeline.faces.align import TEMPLATE, crop, matrix
from pipeline.restoring.handover import Handover

PICTURE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (160, 160, 3), dtype=np.uint8), (0, 0), 3)
THERE = matrix((TEMPLATE / 8 + 40).astype(np.float32))
NEARBY = matrix((TEMPLATE / 8.1 + 40.7).astype(np.float32))
ELSEWHERE = matrix((TEMPLATE / 8 + 50).astype(np.float32))


def test_a_face_is_moved_into_the_new_alignment():
    other = PICTURE[::-1].copy()
    left = Handover(PICTURE, [(ELSEWHERE, crop(other, ELSEWHERE)), (THERE, crop(PICTURE, THERE))])
    (index, face), *more = left.known(np.stack([other, PICTURE]), [NEARBY, NEARBY]).items()
    assert index == 1 and not more
    assert psnr(face[16:-16, 16:-16], crop(PICTURE, NEARBY)[16:-16, 16:-16]) > 45


def test_neither_another_face_nor_another_frame_is_taken_for_it():
    left = Handover(PICTURE, [(THERE, crop(PICTURE, THERE))])
    assert left.known(PICTURE[None], [ELSEWHERE]) == {}
    assert left.known(PICTURE[None] ^ 1, [THERE]) == {}
    assert Handover().known(PICTURE[None], [THERE]) == {}
