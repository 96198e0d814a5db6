"""A video is cut into segments that cover it, begin at shots where they can, and last as long as asked."""

import subprocess
import sys
from itertools import accumulate, pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipeline.clips.clip import Shot
from pipeline.videos.planning.plan import LEAD_IN, LEAD_OUT
from pipeline.videos.planning.segments import cut

SHORTEST, LONGEST = 10_000, 30_000  # ms, as are all times here
FRAME = 40


def shots_of(lengths_s: list[float]) -> tuple[list[int], list[Shot]]:
    """Times of frames of 40 ms, and shots that last so long."""
    edges = [0, *accumulate(round(length * 1000 / FRAME) for length in lengths_s)]
    return [FRAME * i for i in range(edges[-1])], [Shot(a, b) for a, b in pairwise(edges)]


def begins(lengths_s: list[float]) -> list[float]:
    times, shots = shots_of(lengths_s)
    return [segment.first_pts / 1000 for segment in cut(times, FRAME * len(times), shots, [0], SHORTEST, LONGEST)]


def test_a_short_video_is_one_segment():
    assert begins([4, 8, 12]) == [0]


def test_segments_begin_at_shots():
    assert begins([12, 14, 20, 11]) == [0, 12, 26, 46]


def test_short_shots_share_a_segment():
    assert begins([4, 4, 4, 4, 4, 4, 4, 4, 4]) == [0, 12]  # the rest fits into one


def test_a_long_shot_is_cut_into_pieces_that_last_alike():
    assert begins([70]) == [0, 23.32, 46.64]


def test_a_segment_inside_a_shot_has_a_lead_in_and_a_lead_out_that_stay_in_the_shot():
    times, shots = shots_of([70])
    segments = cut(times, FRAME * len(times), shots, [0], SHORTEST, LONGEST)
    assert [segment.first_pts - segment.lead_in_pts for segment in segments] == [0, FRAME * LEAD_IN, FRAME * LEAD_IN]
    assert [segment.lead_out_pts - segment.stop_pts for segment in segments] == [FRAME * LEAD_OUT, FRAME * LEAD_OUT, 0]
    assert segments[1].pieces == (LEAD_IN + segments[1].frames + LEAD_OUT,)


def test_decoding_begins_one_group_of_pictures_early():
    times, shots = shots_of([20, 20])
    keyframes = list(range(0, 40_000, 4000))
    assert [s.decode_pts for s in cut(times, 40_000, shots, keyframes, SHORTEST, LONGEST)] == [0, 16_000]


@given(
    durations=st.lists(st.integers(1, 5000), min_size=1, max_size=300),
    cuts=st.sets(st.integers(1, 299), max_size=20),
    keyframes=st.sets(st.integers(0, 299), max_size=20),
)
def test_every_frame_is_in_one_segment_however_long_frames_are(durations, cuts, keyframes):
    times = [0, *accumulate(durations)][:-1]
    bounds = [0, *sorted(c for c in cuts if c < len(times)), len(times)]
    shots = [Shot(a, b) for a, b in pairwise(bounds)]
    keys = sorted(times[k] for k in keyframes if k < len(times))
    segments = cut(times, sum(durations), shots, keys, SHORTEST, LONGEST)
    assert [s.first_pts for s in segments] == [0, *(s.stop_pts for s in segments[:-1])]
    assert segments[-1].stop_pts == sum(durations)
    assert sum(s.frames for s in segments) == len(times)
    assert all(s.decode_pts <= s.lead_in_pts <= s.first_pts < s.stop_pts <= s.lead_out_pts for s in segments)
    assert all(sum(s.pieces) >= s.frames for s in segments)
    assert all(s.stop_pts - s.first_pts <= LONGEST or s.frames == 1 for s in segments)


def test_a_plan_is_read_without_loading_a_decoder():
    load = "import sys, pipeline.videos.planning.plan, pipeline.videos.planning.options; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True).stdout.split()
    assert "pipeline.videos.planning.plan" in loaded
    assert not {"av", "numpy", "cv2", "torch"} & set(loaded)
