"""Delays: rounded without drift, and frames chosen for GIF's clock."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.timing import resampled, rounded


def frames(fps: float, seconds: float) -> list[tuple[float, int]]:
    return [(1000 * i / fps, i) for i in range(round(fps * seconds))]


def chosen(starts: Any, stop_ms: float, interval_ms: float, dense: bool) -> list[tuple[Any, int]]:
    """The frames to show and their delays."""
    shown = resampled(starts, lambda: stop_ms, interval_ms, dense)
    return [(each.item, each.duration_ms) for each in shown]


@given(st.lists(st.floats(0, 500), max_size=50))
def test_the_running_total_never_drifts_by_more_than_half_a_unit(durations: list[float]) -> None:
    total = shown = 0.0
    for duration, (_, delay) in zip(durations, rounded((None, d) for d in durations), strict=True):
        total, shown = total + duration, shown + delay
        assert delay % 10 == 0
        assert abs(total - shown) <= 5.001


def test_25_frames_a_second_are_all_kept_for_40_ms() -> None:
    kept = chosen(frames(25, 2), 2000, 40, False)
    assert kept == [(i, 40) for i in range(50)]


@pytest.mark.parametrize("fps", [30000 / 1001, 30, 50, 60, 120])
def test_faster_videos_show_the_frame_of_each_moment_of_the_grid(fps: float) -> None:
    kept = chosen(frames(fps, 4), 4000, 40, True)
    assert [delay for _, delay in kept] == [40] * 100
    assert [number for number, _ in kept] == [int(0.04 * k * fps + 1e-3) for k in range(100)]


@pytest.mark.parametrize("fps", [24000 / 1001, 24, 15, 12.5, 7])
def test_slower_videos_keep_every_frame_at_its_own_time(fps: float) -> None:
    kept = chosen(frames(fps, 4), 4000, 40, False)
    assert [number for number, _ in kept] == list(range(round(4 * fps)))
    assert sum(delay for _, delay in kept) == 4000


def test_a_burst_in_a_slow_video_is_thinned() -> None:
    burst = [(0.0, 0), (100.0, 1), (108.0, 2), (116.0, 3), (200.0, 4)]
    kept = chosen(burst, 300, 40, False)
    assert kept == [(0, 100), (1, 100), (4, 100)]


def test_a_picture_that_stands_still_is_shown_once_for_longer() -> None:
    kept = chosen([(0.0, "a"), (33.3, "b"), (1000.0, "c")], 1033.3, 40, True)
    assert kept == [("a", 40), ("b", 960), ("c", 30)]


def test_a_cut_in_the_middle_shows_the_frame_of_its_first_moment() -> None:
    started_before = [(time - 90, number) for time, number in frames(25, 1)]
    kept = chosen(started_before, 200, 40, False)
    assert kept[0][0] == 2
    assert sum(delay for _, delay in kept) == 200


@pytest.mark.parametrize("fps", [23.976, 24, 25, 29.97, 30, 50, 59.94, 60, 120])
@pytest.mark.parametrize("interval_ms", [1000 / fps for fps in (12, 15, 24, 25, 30, 50)])
def test_from_any_frame_to_any_later_one_the_same_frames_are_chosen(fps: float, interval_ms: float) -> None:
    dense = fps > 1.01 * 1000 / interval_ms
    given = [(round(time, 3), number) for time, number in frames(fps, 3)]
    whole = list(resampled(given, lambda: 3000, interval_ms, dense))
    starts = [0.0, *(shown.until_ms for shown in whole)]
    for begin, end in pairwise(range(0, len(starts), 7)):
        moved = [(time - starts[begin], number) for time, number in given]
        part = chosen(moved, starts[end] - starts[begin], interval_ms, dense)
        assert [number for number, _ in part] == [shown.item for shown in whole[begin:end]]


@pytest.mark.parametrize("length_ms", [0.5, 4.0, 10.0])
def test_a_frame_that_is_all_there_is_shows_for_10_ms_at_least(length_ms: float) -> None:
    assert chosen([(0.0, "a")], length_ms, 40, True) == [("a", 10)]
