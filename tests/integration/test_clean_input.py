"""A clip with nothing wrong with it must not come out with more flicker, nor further from itself, than it was."""

from dataclasses import replace

import cv2
import numpy as np
from skimage import data

from pipeline.clips.clip import Clip
from pipeline.measuring import measure
from pipeline.networks.loaded import Loaded
from pipeline.restoring.backgrounds import background
from pipeline.settings import Settings
from pipeline.steadiness.loss import warping_error

SETTINGS = Settings(restorer="compact", background="compact")


def panned(count: int = 8) -> np.ndarray:
    """A sharp photograph that moves by one pixel a frame, (count, 220, 220, 3) uint8: it hardly flickers."""
    photograph = data.astronaut()
    windows = [photograph[2 * i : 2 * i + 440, 2 * i : 2 * i + 440] for i in range(count)]
    return np.stack([cv2.resize(window, (220, 220), interpolation=cv2.INTER_AREA) for window in windows])


def restored(frames: np.ndarray, upscale: int) -> np.ndarray:
    measured = measure(Clip(frames, None, np.full(len(frames), 40, np.int32), 0))
    assert measured.category == "clean"
    settings = replace(SETTINGS, upscale=upscale)
    return background(settings, Loaded(None, "compact", None, "torch", "cpu", "float32"))(frames, measured).enlarged


def test_what_the_network_draws_into_a_clean_clip_flickers_no_more_than_the_clip_enlarged():
    frames = panned()
    enlarged = np.stack([cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for frame in frames])
    assert warping_error(enlarged, restored(frames, 2)) <= warping_error(enlarged, enlarged)


def test_a_clean_clip_that_is_not_enlarged_comes_back_as_it_was():
    frames = panned()
    assert np.array_equal(restored(frames, 1), frames)
