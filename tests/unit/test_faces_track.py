import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.clips.clip import Clip
from pipeline.faces import Detection, track
from pipeline.faces.align import TEMPLATE, matrix
from pipeline.faces.follow import detect, starts_ms
from pipeline.settings import Faces

SHAPE = (TEMPLATE - TEMPLATE.mean(0)) / 300


def face(x, y, size=40.0, score=0.9):
    box = np.array([x - size / 2, y - size / 2, size, size], np.float32)
    return Detection(box, (SHAPE * size + (x, y)).astype(np.float32), score)


def clip(frames, delay=40):
    durations = np.full(frames, delay, np.int32) if isinstance(delay, int) else np.array(delay, np.int32)
    pixels = np.random.default_rng(0).integers(0, 256, (frames, 8, 8, 3), dtype=np.uint8)
    return Clip(pixels, None, durations, 0)


def script(scenes):
    """A detector that says what the script says of the nth frame; frames are told apart by their pixels."""

    def of(held):
        by_pixels = {frame.tobytes(): scene for frame, scene in zip(held.frames, scenes, strict=True)}
        return lambda rgb: list(by_pixels.get(rgb.tobytes(), []))

    return of


def followed(scenes, delay=40, loops=False, **settings_):
    held = clip(len(scenes), delay)
    return track(held, Faces(**settings_), loops, script(scenes)(held))


def centres(found):
    return found.landmarks.mean(1)


def test_no_face_is_no_track():
    assert followed([[]] * 5) == []


def test_one_face_is_one_track_over_the_whole_shot_in_full_weight():
    (found,) = followed([[face(100 + i, 50)] for i in range(10)])
    assert (found.start, found.stop) == (0, 10)
    assert found.weight.tolist() == [1] * 10
    assert found.landmarks.shape == (10, 5, 2)
    assert found.boxes.shape == (10, 4)
    assert found.landmarks.dtype == np.float32


def test_a_single_picture_keeps_its_landmarks():
    (found,) = followed([[face(30, 30, 12)]])
    assert np.allclose(found.landmarks[0], face(30, 30, 12).landmarks, atol=1e-4)


def test_two_faces_that_come_near_each_other_are_not_exchanged():
    scenes = [[face(100 + 4 * i, 50), face(180 - 4 * i, 75)] for i in range(20)]
    found = followed([scene[:: (-1) ** i] for i, scene in enumerate(scenes)], smooth_ms=0)
    assert len(found) == 2
    for one in found:
        assert np.ptp(centres(one)[:, 1]) < 1


def test_landmarks_that_no_face_has_are_passed_over():
    broken = Detection(np.array([10, 10, 40, 40], np.float32), np.full((5, 2), 30, np.float32), 0.9)
    assert [len(followed([[broken]] * 3)), len(followed([[broken, face(90, 90)]] * 3))] == [0, 1]


def test_forty_faces_are_forty_tracks():
    crowd = [[face(30 * (i % 8), 30 * (i // 8), 20) for i in range(40)]] * 4
    assert len(followed(crowd)) == 40


def test_a_short_gap_is_bridged_and_a_long_one_is_not():
    scenes = [[face(50, 50)]] * 5 + [[]] * 5 + [[face(60, 50)]] * 5
    (bridged,) = followed(scenes, max_gap_ms=200)
    assert (bridged.start, bridged.stop) == (0, 15)
    assert bridged.scores[5:10].tolist() == [0] * 5
    assert np.all(np.diff(centres(bridged)[:, 0]) > -0.1)
    assert len(followed(scenes, max_gap_ms=199)) == 2


def test_births_and_deaths_are_faded_but_not_at_the_shots_own_ends():
    scenes = [[]] * 3 + [[face(50, 50)]] * 20 + [[]] * 3
    (found,) = followed(scenes, fade_ms=120)
    assert found.weight[0] < found.weight[1] < 1
    assert found.weight[-1] < found.weight[-2] < 1
    assert found.weight[8] == 1
    assert all(f.weight.min() == 1 for f in followed([[face(50, 50)]] * 20, fade_ms=120))


def test_a_blink_of_a_false_alarm_is_no_face():
    scenes = [[face(50, 50)] for _ in range(10)]
    scenes[4] = [*scenes[4], face(200, 200, score=0.65)]
    assert len(followed(scenes)) == 1


@given(st.integers(0, 1000), st.sampled_from([20, 40, 100]))
@settings(max_examples=10, deadline=None)
def test_smoothing_takes_away_jitter(seed, delay):
    generator = np.random.default_rng(seed)
    noise = generator.normal(0, 2, (40, 2))
    scenes = [[face(100 + 0.02 * delay * i + noise[i, 0], 50 + noise[i, 1])] for i in range(40)]
    jitter = [np.abs(np.diff(centres(followed(scenes, delay, smooth_ms=s)[0]), 2, axis=0)).mean() for s in (0, 160)]
    assert jitter[1] < 0.6 * jitter[0]


@pytest.mark.parametrize("delays", [[40] * 20, [20, 90] * 10])
def test_smoothing_does_not_lag_behind_a_moving_head_even_with_uneven_delays(delays):
    times = starts_ms(np.array(delays, np.int32))[:-1]
    (found,) = followed([[face(20 + 0.1 * t, 50)] for t in times], delays, smooth_ms=100)
    inner = slice(4, -4)
    assert np.abs(centres(found)[inner, 0] - 20 - 0.1 * times[inner]).max() < 0.5


def test_smoothing_counts_time_and_not_frames():
    still_then_moved = [[face(50, 50)]] * 6 + [[face(58, 50)]] * 6
    fast = centres(followed(still_then_moved, 20, smooth_ms=80)[0])[:, 0]
    slow = centres(followed(still_then_moved, 500, smooth_ms=80)[0])[:, 0]
    assert 51 < fast[5] < 54
    assert slow[5] == pytest.approx(50, abs=0.1)


def test_a_tracks_landmarks_leave_the_alignment_nothing_to_choose():
    noise = np.random.default_rng(4).normal(0, 3, (20, 5, 2)).astype(np.float32)
    scenes = [[Detection(face(60, 60).box, face(60, 60).landmarks + n, 0.9)] for n in noise]
    for points in followed(scenes, smooth_ms=80)[0].landmarks:
        to_face = matrix(points)
        assert np.abs(points @ to_face[:, :2].T + to_face[:, 2] - TEMPLATE).max() < 0.1


def test_a_looping_clip_is_smooth_across_its_seam():
    angle = np.linspace(0, 2 * np.pi, 25, endpoint=False)
    noise = np.random.default_rng(2).normal(0, 1.5, 25)
    scenes = [[face(100 + 8 * np.cos(a) + n, 50 + 8 * np.sin(a))] for a, n in zip(angle, noise, strict=True)]
    turned = 9
    once = centres(followed(scenes, loops=True)[0])
    again = centres(followed(scenes[turned:] + scenes[:turned], loops=True)[0])
    assert np.allclose(np.roll(once, -turned, 0), again, atol=1e-3)
    assert not np.allclose(once, centres(followed(scenes, loops=False)[0]), atol=1e-3)


def test_tracks_that_meet_at_the_loops_seam_are_smoothed_as_one():
    scenes = [[face(50, 50)]] * 6 + [[]] * 12 + [[face(52, 50)]] * 6
    first, last = sorted(followed(scenes, loops=True, smooth_ms=100), key=lambda f: f.start)
    assert centres(first)[0, 0] > 50.25
    assert centres(last)[-1, 0] < 51.75


def test_a_face_that_jumps_back_where_the_loop_begins_again_is_not_smoothed_over_the_jump():
    (found,) = followed([[face(100 + 2 * i, 50, 60)] for i in range(12)], loops=True)
    assert np.abs(centres(found)[:, 0] - 100 - 2 * np.arange(12)).max() < 0.5


def test_every_nth_frame_is_looked_at_and_those_between_are_followed():
    looked = []
    held = clip(13)
    index = {frame.tobytes(): i for i, frame in enumerate(held.frames)}

    def detector(rgb):
        if rgb.tobytes() not in index:  # a cut-out, looked at for where its top is
            return []
        looked.append(index[rgb.tobytes()])
        return [face(50 + 2 * index[rgb.tobytes()], 50)]

    (found,) = track(held, Faces(detect_every=5, smooth_ms=0), False, detector)
    assert sorted(set(looked)) == [0, 5, 10, 12]
    assert np.allclose(centres(found)[:, 0], centres(found)[0, 0] + 2 * np.arange(13), atol=0.01)


def test_equal_frames_are_looked_at_once():
    looked = []
    held = clip(1)
    still = Clip(np.repeat(held.frames, 6, 0), None, np.full(6, 40, np.int32))
    detect(still, Faces(), lambda rgb: looked.append(1) or [face(4, 4)])
    assert len(looked) == 1


def test_a_delay_of_nothing_lasts_as_long_as_players_show_it():
    assert starts_ms(np.array([0, 10, 20], np.int32)).tolist() == [0, 100, 200, 220]
