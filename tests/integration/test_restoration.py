"""A window of frames with its faces, by the real detector and a restorer that stands in for GFPGAN."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from skimage import data

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.clips.window import Window
from pipeline.networks.loaded import Loaded
from pipeline.networks.restorer import FaceFailed
from pipeline.report import Measurement
from pipeline.restoring.clip_restoration import ClipRestoration
from pipeline.restoring.tools import tools
from pipeline.settings import Settings

SETTINGS = Settings(restorer="classic")
CLEAN = Measurement("clean", {}, 1.0, noise_sigma_8bit=0.0, noise_temporal_sigma_8bit=0.0, dither=0.0)
FACE = cv2.resize(data.astronaut()[0:256, 100:356], (120, 120), interpolation=cv2.INTER_AREA)


class Striping:
    """Draws stripes over every face, and keeps what it was given."""

    batch = 1

    def __init__(self, strength: int = 20) -> None:
        self.given: list[UInt8] = []
        self.strength = strength

    def restore(self, faces: UInt8) -> UInt8:
        self.given += list(faces.copy())
        stripes = (np.arange(512) // 16 % 2 * 2 - 1)[None, :, None, None] * self.strength
        return np.clip(faces.astype(int) + stripes, 0, 255).astype(np.uint8)


class Failing:
    """Can restore no face at all."""

    batch = 1

    def restore(self, faces: UInt8) -> UInt8:
        raise FaceFailed(tuple(range(len(faces))), np.zeros_like(faces))


def restoration(restorer: Striping | Failing, settings: Settings = SETTINGS) -> ClipRestoration:
    ready = replace(tools(settings), loaded=Loaded(restorer, "gfpgan", None, "torch", "cpu", "float32"))
    return ClipRestoration(CLEAN, ready, settings)


def window(frames: UInt8, delay_ms: int = 50) -> Window:
    return Window.whole(Clip(frames, None, np.full(len(frames), delay_ms, np.int32)))


def drifting(count: int) -> UInt8:
    picture = cv2.resize(FACE, (176, 176), interpolation=cv2.INTER_CUBIC)
    return np.stack([picture[8:168, t : t + 160] for t in range(count)])


@pytest.mark.parametrize("upscale", [1, 2])
def test_a_face_is_not_cut_from_what_was_pasted_beside_it(upscale):
    couple = np.zeros((1, 120, 145, 3), np.uint8)
    couple[:, :, :90] = couple[:, :, 55:] = FACE[:, 10:100]
    drawn, plain = Striping(), Striping(0)
    for restorer in (drawn, plain):
        restoration(restorer, replace(SETTINGS, upscale=upscale)).restore_window(window(couple))
    assert len(drawn.given) == 2
    assert np.array_equal(drawn.given, plain.given)


def test_a_small_face_that_fails_is_exactly_what_is_behind_it():
    frames = cv2.resize(data.coffee(), (200, 200))[None].copy()
    frames[0, 60:160, 60:160] = cv2.resize(FACE, (100, 100))
    failing = restoration(Failing())
    background = failing.tools.background(frames, CLEAN).enlarged
    assert np.array_equal(failing.restore_window(window(frames)), background)
    assert failing.faces.errors == 1


def test_a_picture_shown_twice_for_10_ms_lasts_as_long_as_players_show_it():
    frames = np.stack([drifting(7)[6 * (t % 2)] for t in range(8)])
    twice = restoration(Striping()).restore_window(window(np.repeat(frames, 2, axis=0), 10))
    assert np.array_equal(twice[::2], restoration(Striping()).restore_window(window(frames, 200)))


def test_a_cut_among_the_frames_that_windows_share_does_not_lose_the_face_handed_over():
    after = drifting(12)
    before = after[:, :, :, ::-1] // 2
    second = replace(window(np.concatenate([before[2:5], after])), start=2, overlap=6)
    restorer = Striping()
    one = restoration(restorer)
    one.restore_window(replace(window(np.concatenate([before[:5], after[:3]])), is_last=False))
    known = len(restorer.given)
    one.restore_window(second)
    new = restorer.given[known:]
    other = Striping()
    restoration(other).restore_window(second)
    assert len(new) < len(other.given)
