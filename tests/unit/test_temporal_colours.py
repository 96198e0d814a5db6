"""Colours of equal luma: the layer must not mix what only chroma tells apart."""

import cv2
import numpy as np
import pytest
from temporal_clips import brightened, moving

from pipeline.networks import classic
from pipeline.networks.compact.fusion import means
from pipeline.settings import Temporal
from pipeline.steadiness import stabilise, transport
from pipeline.steadiness.keyframes import restore_keyframes

RED, GREEN = (255, 0, 0), (0, 128, 0)
SKIN, YELLOW = (200, 150, 110), (188, 160, 60)


def alternating(one: tuple[int, int, int], other: tuple[int, int, int]) -> np.ndarray:
    """A still (16, 96, 96, 3) uint8 with a square of one colour, of the other from frame 4, and so on by fours."""
    frames = np.repeat(moving(1, (96, 96)), 16, axis=0)
    for i in range(16):
        frames[i, 24:72, 24:72] = (one, other)[i // 4 % 2]
    return frames


def rms(one: np.ndarray, other: np.ndarray) -> list[float]:
    """By frame, over the square."""
    errors = np.square(one.astype(np.float32) - other)[:, 24:72, 24:72]
    return [float(np.sqrt(error.mean())) for error in errors]


ORDERS = pytest.mark.parametrize("colours", [(RED, GREEN), (GREEN, RED), (SKIN, YELLOW), (YELLOW, SKIN)])


@ORDERS
def test_colours_of_equal_luma_are_not_mixed_where_every_frame_is_restored(colours):
    source = alternating(*colours)
    restored = brightened(source)
    assert max(rms(stabilise(source, restored), restored)) < 6


@ORDERS
def test_colours_of_equal_luma_are_not_mixed_where_keyframes_are_carried(colours):
    source = alternating(*colours)
    restored = brightened(source)
    carried, _ = transport(source, {0: restored[0], 15: restored[15]})
    scheduled, _ = restore_keyframes(source, brightened, Temporal())
    assert max(rms(carried, source)) < 21  # where nothing is carried the source stands, 20 levels darker
    assert max(rms(scheduled, restored)) < 6


@ORDERS
def test_colours_of_equal_luma_are_not_mixed_in_the_background(colours):
    source = alternating(*colours)
    halved = [cv2.resize(mean.picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for mean in means(source, 6)]
    assert max(rms(classic.denoise(source, 6.0), source)) < 6
    assert max(rms(np.stack(halved), source)) < 6
