"""Duplicate frames of a clip."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.clips.equal_frames import EqualFrames

LEVELS = st.lists(st.integers(0, 2), min_size=1, max_size=12)


def frames(levels: list[int]) -> np.ndarray:
    return np.stack([np.full((2, 3, 3), level, np.uint8) for level in levels])


def test_equal_neighbours_share_a_picture_and_later_repeats_do_not():
    equal = EqualFrames.find(frames([7, 7, 5, 5, 7]))
    assert equal.picture.tolist() == [0, 0, 1, 1, 2]
    assert equal.first.tolist() == [0, 2, 4]


def test_a_picture_is_shown_for_as_long_as_its_frames_together():
    assert EqualFrames.find(frames([7, 7, 5])).add_up([40, 50, 60]).tolist() == [90, 60]


@given(LEVELS)
def test_pictures_that_are_repeated_are_the_clip_again(levels):
    clip = frames(levels)
    equal = EqualFrames.find(clip)
    pictures = equal.pick(clip)
    assert np.array_equal(equal.repeat(pictures), clip)
    changed = clip.copy()
    changed[len(pictures) :] = 99
    changed[: len(pictures)] = pictures
    equal.repeat_in_place(changed)
    assert np.array_equal(changed, clip)


@given(LEVELS, st.data())
def test_the_map_of_a_part_is_the_one_that_would_be_found_in_it(levels, data):
    start = data.draw(st.integers(0, len(levels) - 1))
    stop = data.draw(st.integers(start + 1, len(levels)))
    part, own = EqualFrames.find(frames(levels)).part(start, stop), EqualFrames.find(frames(levels)[start:stop])
    assert part.first.tolist() == own.first.tolist()
    assert part.picture.tolist() == own.picture.tolist()
