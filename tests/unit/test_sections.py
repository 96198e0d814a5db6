"""Which stretches of a video become clips, and which frames of a clip are measured."""

import numpy as np
import pytest

from pipeline.clips.clip import Clip, Frame, Shot
from pipeline.cutting.sampling import sample
from pipeline.cutting.sections import Scan, Section, choose
from pipeline.measuring.sample import sample as pairs_of
from pipeline.settings import Video


def scan(shots: list[tuple[int, int]], faces: set[int] = frozenset(), frame_ms: int = 40) -> Scan:
    """A video of these shots (start, stop) whose shots numbered in `faces` show one."""
    length = shots[-1][1]
    seen = [any(a <= i < b for n, (a, b) in enumerate(shots) if n in faces) for i in range(length)]
    return Scan([i * frame_ms for i in range(length + 1)], [Shot(a, b) for a, b in shots], seen)


def test_a_short_video_is_one_clip():
    assert choose(scan([(0, 100)]), Video()) == [Shot(0, 100)]


def test_a_long_shot_is_cut_into_equal_pieces_within_the_limit():
    pieces = choose(scan([(0, 600)]), Video(max_clip_seconds=10))
    assert pieces == [Shot(0, 200), Shot(200, 400), Shot(400, 600)]


def test_pieces_last_alike_where_frames_do_not():
    uneven = [40.0 * i for i in range(251)] + [10_000 + 1000.0 * i for i in range(1, 31)]
    pieces = choose(Scan(uneven, [Shot(0, 280)], [False] * 280), Video(max_clip_seconds=10))
    assert pieces == [Shot(0, 250), Shot(250, 260), Shot(260, 270), Shot(270, 280)]


def test_shots_with_faces_are_kept_before_others_and_stay_in_order():
    kept = choose(scan([(0, 100), (100, 200), (200, 300)], faces={1, 2}), Video(max_clips=2))
    assert kept == [Shot(100, 200), Shot(200, 300)]


def test_a_flash_between_two_cuts_is_left_out():
    assert choose(scan([(0, 100), (100, 102), (102, 200)]), Video()) == [Shot(0, 100), Shot(102, 200)]


def test_a_video_that_is_all_flash_still_gives_a_clip():
    assert choose(scan([(0, 2)]), Video()) == [Shot(0, 2)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 65, 200])
def test_a_long_clip_is_measured_on_the_pairs_that_the_whole_would_be(count):
    frames = [Frame(np.full((4, 4, 3), i, np.uint8), None, 40) for i in range(count)]
    taken = sample(Section("clip", 0, lambda: iter(frames), count, 4, 4, None, False))
    whole, few = pairs_of(Clip.of(frames)), pairs_of(taken)
    assert len(taken) <= 6
    assert np.array_equal(whole.rgb, few.rgb)
    assert count == 1 or np.array_equal(few.following, few.rgb + 1)
