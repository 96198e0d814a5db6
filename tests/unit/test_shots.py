"""Where a clip cuts from one scene to another."""

import weakref
from itertools import pairwise

import numpy as np
import pytest

from pipeline.clips.shots import is_cut, shots_of, signature, split_frames


def scene(seed: int, frames: int = 6) -> np.ndarray:
    """A smooth random picture that drifts by a pixel a frame, (T, 48, 64, 3) uint8."""
    rng = np.random.default_rng(seed)
    base = np.kron(rng.integers(0, 255, (4, 5, 3)), np.ones((16, 16, 1))).astype(np.uint8)
    return np.stack([np.roll(base, t, axis=1)[:48, :64] for t in range(frames)])


DIM = [1.0, 0.3, 0.15, 0.08]


def dimmed(frames: np.ndarray, brightness: float) -> np.ndarray:
    return np.rint(np.clip(frames, 0, 255) * brightness).astype(np.uint8)


def test_one_scene_is_one_shot():
    shots = split_frames(scene(1))
    assert [(s.start, s.stop) for s in shots] == [(0, 6)]


def test_two_scenes_are_split_where_they_meet():
    shots = split_frames(np.concatenate([scene(1), scene(2)]))
    assert [(s.start, s.stop) for s in shots] == [(0, 6), (6, 12)]


@pytest.mark.parametrize("frames", [1, 2])
def test_the_shortest_clips_are_one_shot(frames):
    assert len(split_frames(scene(3, frames))) == 1


def test_a_fade_to_black_is_no_cut():
    faded = (scene(1, 1)[0] * np.linspace(1, 0, 12)[:, None, None, None]).astype(np.uint8)
    assert len(split_frames(faded)) == 1


@pytest.mark.parametrize("brightness", DIM)
def test_a_cut_between_two_dark_scenes_is_seen(brightness):
    for seed in range(1, 9):
        frames = dimmed(np.concatenate([scene(seed), scene(seed + 1)]), brightness)
        assert [s.start for s in split_frames(frames)] == [0, 6]
        assert is_cut(frames[5], frames[6])


@pytest.mark.parametrize("brightness", DIM)
def test_flashes_strobes_fades_and_jerks_are_no_cuts_however_dark(brightness):
    still = scene(1, 1).repeat(12, axis=0).astype(np.float32)
    flash, strobe, jerk = still.copy(), still.copy(), still.copy()
    flash[6] = flash[6] * 2 + 40
    strobe[::3] *= 0.4
    jerk[6] = np.roll(jerk[6], 4, axis=1)
    fade = still * np.linspace(1, 0, 12)[:, None, None, None]
    for frames in (flash, strobe, jerk, fade, fade[::-1]):
        assert len(split_frames(dimmed(frames, brightness))) == 1


def test_every_frame_another_scene_gives_shots_that_cover_the_clip():
    frames = np.concatenate([scene(seed, 1) for seed in range(8)])
    shots = split_frames(frames)
    assert shots[0].start == 0
    assert shots[-1].stop == 8
    assert all(a.stop == b.start for a, b in pairwise(shots))


def test_signatures_are_forgotten_as_they_pass_so_that_a_long_film_needs_no_more_memory():
    alive = set()

    def signatures():
        for number in range(50):
            thumbnail, histogram = signature(scene(number, 1)[0])
            alive.add(number)
            weakref.finalize(thumbnail, alive.discard, number)
            yield thumbnail, histogram
            del thumbnail, histogram
            assert len(alive) <= 3

    assert shots_of(signatures())[-1].stop == 50


def test_a_loop_that_jumps_back_to_another_scene_is_a_cut():
    assert is_cut(scene(1, 1)[0], scene(2, 1)[0])
    assert not is_cut(*scene(1, 2))
