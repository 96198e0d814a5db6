import numpy as np
import pytest
from temporal_clips import brightened, flickering, moving, psnr

from pipeline.settings import Temporal
from pipeline.steadiness.keyframes import restore_keyframes


class Restorer:
    def __init__(self):
        self.seen: list[bytes] = []

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        self.seen += [f.tobytes() for f in frames]
        return brightened(frames)


def test_a_calm_clip_is_restored_at_its_keyframes_only():
    source = moving(13, step=0.5)
    restorer = Restorer()
    frames, restored = restore_keyframes(source, restorer, Temporal())
    assert restored == [0, 12] and len(restorer.seen) == 2
    assert psnr(frames[:, 12:-12, 12:-12], brightened(source)[:, 12:-12, 12:-12]) > 40


def test_a_mouth_that_opens_between_keyframes_asks_for_one_more_though_the_rest_is_still():
    source = np.repeat(moving(1), 13, axis=0)
    mouth = (slice(40, 50), slice(30, 44))
    source[4:9, 40:50, 30:44] = np.random.default_rng(1).integers(0, 230, (10, 14, 3), dtype=np.uint8)
    source += np.arange(13, dtype=np.uint8)[:, None, None, None] % 2  # so that no two frames are equal
    _, whole = restore_keyframes(source, Restorer(), Temporal())
    _, featured = restore_keyframes(source, Restorer(), Temporal(), features=[mouth])
    assert whole == [0] and any(4 <= i < 9 for i in featured)


def test_duplicates_are_never_restored_twice():
    there = moving(4)
    source = np.concatenate([there, there[::-1], there[:1]])
    for keyframes in (True, False):
        restorer = Restorer()
        restore_keyframes(source, restorer, Temporal(keyframes=keyframes, max_keyframe_gap=1))
        assert len(set(restorer.seen)) == len(restorer.seen) == 4


def test_a_new_scene_has_keyframes_of_its_own():
    source = np.concatenate([moving(6, step=0.5, seed=5), moving(7, step=0.5, seed=6)])
    frames, restored = restore_keyframes(source, Restorer(), Temporal())
    assert any(i < 6 for i in restored) and any(i >= 6 for i in restored)
    assert psnr(frames[:, 12:-12, 12:-12], brightened(source)[:, 12:-12, 12:-12]) > 38


def test_frames_that_have_nothing_in_common_are_all_restored():
    source = np.random.default_rng(0).integers(0, 230, (5, 48, 48, 3), dtype=np.uint8)
    frames, restored = restore_keyframes(source, Restorer(), Temporal())
    assert restored == [0, 1, 2, 3, 4]
    assert np.array_equal(frames, brightened(source))


def test_slow_frames_bring_keyframes_closer():
    source = moving(9, step=0.25)
    _, restored = restore_keyframes(source, Restorer(), Temporal(), np.full(9, 200, np.int32))
    assert restored == [0, 3, 5, 8]


def test_without_keyframes_every_frame_is_restored_and_steadied():
    source = moving(5)
    frames, restored = restore_keyframes(source, flickering, Temporal(keyframes=False))
    assert restored == [0, 1, 2, 3, 4] and not np.array_equal(frames, flickering(source))


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("loops", [True, False])
def test_the_shortest_clips_come_back_whole(count, loops):
    source = moving(2, (16, 16))[:count]
    frames, restored = restore_keyframes(source, Restorer(), Temporal(), loops=loops)
    assert frames.shape == source.shape and len(restored) >= min(1, count)


def test_an_error_of_the_restorer_goes_through():
    def broken(frames: np.ndarray) -> np.ndarray:
        raise MemoryError("restorer")

    with pytest.raises(MemoryError):
        restore_keyframes(moving(2), broken, Temporal())


def test_a_frame_that_is_known_is_not_restored_again_and_begins_the_keyframes():
    source = moving(18, step=0.5)
    restorer = Restorer()
    known = {5: brightened(source[5:6])[0]}
    frames, restored = restore_keyframes(source, restorer, Temporal(), known=known)
    assert restored == [17] and len(restorer.seen) == 1
    assert psnr(frames[:, 12:-12, 12:-12], brightened(source)[:, 12:-12, 12:-12]) > 40


def test_frames_before_the_known_one_that_it_says_nothing_of_are_restored():
    source = np.random.default_rng(0).integers(0, 230, (5, 48, 48, 3), dtype=np.uint8)
    frames, restored = restore_keyframes(source, Restorer(), Temporal(), known={3: brightened(source[3:4])[0]})
    assert restored == [0, 1, 2, 4]
    assert np.array_equal(frames, brightened(source))


def test_no_delay_counts_as_the_tenth_of_a_second_that_players_show():
    source = moving(13, step=0.25)
    hurried, slow = (restore_keyframes(source, Restorer(), Temporal(), np.full(13, ms, np.int32))[1] for ms in (0, 100))
    assert hurried == slow == [0, 6, 12]


def test_one_long_frame_brings_keyframes_closer_around_itself_only():
    source = moving(25, step=0.25)
    durations = np.full(25, 50, np.int32)
    durations[-2] = 3000
    _, restored = restore_keyframes(source, Restorer(), Temporal(), durations)
    assert restored == [0, 12, 23, 24]
