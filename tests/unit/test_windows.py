"""Streams of frames as overlapping windows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clips.clip import Frame
from pipeline.clips.window import Window
from pipeline.clips.windows import OVERLAP, even_length, restore_windows, window_length, windows


def stream(count: int) -> list[Frame]:
    return [Frame(np.full((2, 2, 3), i % 256, np.uint8), None, i) for i in range(count)]


def untouched(window: Window) -> np.ndarray:
    return window.frames.frames.copy()


@given(count=st.integers(0, 200), length=st.integers(4 * OVERLAP, 80))
@settings(max_examples=60, deadline=None)
def test_every_frame_comes_out_once_in_order(count, length):
    restored = list(restore_windows(stream(count), length, untouched))
    assert [frame.duration_ms for frame, _ in restored] == list(range(count))
    assert all(np.array_equal(frame.rgb, rgb) for frame, rgb in restored)


def test_windows_that_disagree_are_faded_into_each_other():
    calls = iter([0, 200])

    def one_level_each(window: Window) -> np.ndarray:
        return np.full((len(window), 2, 2, 3), next(calls), np.uint8)

    levels = [int(rgb[0, 0, 0]) for _, rgb in restore_windows(stream(40), 30, one_level_each)]
    assert levels[: 30 - OVERLAP] == [0] * (30 - OVERLAP)
    assert levels[30:] == [200] * 10
    assert np.all(np.diff(levels) <= 200 / OVERLAP)


def test_frames_that_are_equal_stay_equal_where_windows_overlap():
    calls = iter([0, 200])
    held = [Frame(np.full((2, 2, 3), 20 if 20 <= i < 36 else i, np.uint8), None, i) for i in range(40)]
    made = restore_windows(held, 30, lambda window: np.full((len(window), 2, 2, 3), next(calls), np.uint8))
    assert len({rgb.tobytes() for frame, rgb in made if 20 <= frame.duration_ms < 36}) == 1


def test_no_window_is_longer_than_asked():
    lengths = []

    def note(window: Window) -> np.ndarray:
        lengths.append(len(window))
        return untouched(window)

    assert len(list(restore_windows(stream(500), 50, note))) == 500
    assert max(lengths) <= 50


@given(count=st.integers(1, 200), length=st.integers(OVERLAP + 2, 80))
@settings(max_examples=60, deadline=None)
def test_a_window_knows_its_place_and_what_it_shares_with_the_one_before(count, length):
    cut = list(windows(stream(count), length, loop=0))
    places = [[frame.duration_ms for frame in window.frames] for window in cut]
    assert [own[0] for own in places] == [window.start for window in cut]
    assert [own[-1] for own in places] == [window.last_frame for window in cut]
    for window, before, own in zip(cut[1:], places, places[1:], strict=False):
        assert own[: window.overlap] == before[-window.overlap :]
    assert [window.is_last for window in cut] == [False] * (len(cut) - 1) + [True]
    assert [window.frames.loop for window in cut] == ([0] if len(cut) == 1 else [None] * len(cut))


@pytest.mark.parametrize("alpha", [None, np.full((2, 2), 255, np.uint8)])
def test_an_opaque_frame_leaves_its_window_without_alpha_even_beside_transparent_ones(alpha):
    opaque, clear = (Frame(np.zeros((2, 2, 3), np.uint8), a, 0) for a in (alpha, np.zeros((2, 2), np.uint8)))
    shown = [frame.alpha for frame, _ in restore_windows([opaque, clear], 30, untouched)]
    assert shown[0] is None
    assert np.array_equal(shown[1], clear.alpha)


@given(count=st.integers(0, 500), length=st.integers(OVERLAP + 2, 80))
@settings(max_examples=200, deadline=None)
def test_evened_windows_are_as_few_and_nearly_alike(count, length):
    lengths, before = ([len(w) for w in windows(stream(count), by)] for by in (even_length(length, count), length))
    assert len(lengths) == len(before)
    assert max(lengths, default=0) <= length
    assert max(lengths, default=0) - min(lengths, default=0) < max(1, len(lengths))


def test_less_memory_makes_shorter_windows_even_of_the_largest_frames():
    for side in (500, 8000):
        lengths = [window_length(side, side, megapixels) for megapixels in (48, 24, 12, 6)]
        assert lengths == sorted(lengths, reverse=True)
        assert lengths[0] > lengths[-1] > OVERLAP


@pytest.mark.parametrize(("width", "height"), [(16, 16), (1000, 1000), (8000, 8000)])
def test_a_window_always_holds_more_than_its_overlaps(width, height):
    assert 240 >= window_length(width, height) >= 4 * OVERLAP
