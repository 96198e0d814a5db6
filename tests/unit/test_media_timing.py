"""Delays: rounded without drift, and frames chosen for GIF's clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.media.timing import resampled, rounded


def frames(fps: float, seconds: float) -> list[tuple[float, int]]:
    return [(1000 * i / fps, i) for i in range(round(fps * seconds))]


@given(st.lists(st.floats(0, 500), max_size=50))
def test_the_running_total_never_drifts_by_more_than_half_a_unit(durations: list[float]) -> None:
    total = shown = 0.0
    for duration, (_, delay) in zip(durations, rounded((None, d) for d in durations), strict=True):
        total, shown = total + duration, shown + delay
        assert delay % 10 == 0
        assert abs(total - shown) <= 5.001


def test_25_frames_a_second_are_all_kept_for_40_ms() -> None:
    kept = list(resampled(frames(25, 2), lambda: 2000, 40, False))
    assert kept == [(i, 40) for i in range(50)]


@pytest.mark.parametrize("fps", [30000 / 1001, 30, 50, 60, 120])
def test_faster_videos_show_the_frame_of_each_moment_of_the_grid(fps: float) -> None:
    kept = list(resampled(frames(fps, 4), lambda: 4000, 40, True))
    assert [delay for _, delay in kept] == [40] * 100
    assert [number for number, _ in kept] == [int(0.04 * k * fps + 1e-3) for k in range(100)]


@pytest.mark.parametrize("fps", [24000 / 1001, 24, 15, 12.5, 7])
def test_slower_videos_keep_every_frame_at_its_own_time(fps: float) -> None:
    kept = list(resampled(frames(fps, 4), lambda: 4000, 40, False))
    assert [number for number, _ in kept] == list(range(round(4 * fps)))
    assert sum(delay for _, delay in kept) == 4000


def test_a_burst_in_a_slow_video_is_thinned() -> None:
    burst = [(0.0, 0), (100.0, 1), (108.0, 2), (116.0, 3), (200.0, 4)]
    kept = list(resampled(burst, lambda: 300, 40, False))
    assert kept == [(0, 100), (1, 100), (4, 100)]


def test_a_picture_that_stands_still_is_shown_once_for_longer() -> None:
    kept = list(resampled([(0.0, "a"), (33.3, "b"), (1000.0, "c")], lambda: 1033.3, 40, True))
    assert kept == [("a", 40), ("b", 960), ("c", 30)]


def test_a_cut_in_the_middle_shows_the_frame_of_its_first_moment() -> None:
    started_before = [(time - 90, number) for time, number in frames(25, 1)]
    kept = list(resampled(started_before, lambda: 200, 40, False))
    assert kept[0][0] == 2
    assert sum(delay for _, delay in kept) == 200
