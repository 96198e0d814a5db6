import tracemalloc
from itertools import islice

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from temporal_clips import brightened, flickering, moving, psnr

from pipeline.ahead import ahead
from pipeline.motion.flow import flow, luma, occluded, warp
from pipeline.steadiness import stabilise, transport
from pipeline.steadiness.loss import warping_error
from pipeline.steadiness.stabiliser import spread_evenly


def test_flow_finds_the_motion():
    found = flow(*[luma(f) for f in moving(2, step=2.0)])
    assert np.median(np.abs(found[..., 0])) == pytest.approx(2.0, abs=0.1)


def test_a_pair_has_the_same_flow_whatever_came_before_it():
    pairs = [[luma(f) for f in moving(2, (side, side), step=2.0)] for side in (72, 24, 40, 36, 16)]
    found = [flow(*pair) for pair in pairs]
    again = [flow(*pair) for pair in reversed(pairs)]
    assert all(np.array_equal(a, b) for a, b in zip(found, reversed(again), strict=True))


def test_noise_is_kept_from_the_flow():
    clean = [luma(f) for f in moving(2, step=2.0)]
    rng = np.random.default_rng(3)
    noisy = [np.clip(f + rng.normal(0, 15, f.shape), 0, 255).astype(np.uint8) for f in moving(2, step=2.0)[..., :1]]
    noisy = [np.repeat(f, 3, axis=-1) for f in noisy]
    truth = flow(*clean)
    error = [np.abs(flow(*[luma(f, sigma) for f in noisy]) - truth).mean() for sigma in (0.0, 15.0)]
    assert error[1] < error[0]


def test_a_warp_brings_in_no_black():
    away = np.full((20, 20, 2), 50, np.float32)
    assert (warp(np.full((20, 20, 3), 200, np.uint8), away) == 200).all()


def test_what_does_not_come_back_is_occluded():
    still = np.zeros((20, 20, 2), np.float32)
    assert not occluded(still, still).any()
    assert occluded(still + 3, still).all()


def test_a_steady_clip_has_less_warping_error_than_a_flickering_one():
    source = moving()
    assert warping_error(source, source) < warping_error(source, flickering(source)) / 10
    assert warping_error(source[:1], source[:1]) is None


def test_transport_of_one_keyframe_is_the_truth_above_40_db():
    source = moving(5, (128, 128))
    frames, confidence = transport(source, {0: brightened(source[:1])[0]}, strength=0)
    inside = np.s_[:, 16:-16, 16:-16]
    assert min(psnr(a, b) for a, b in zip(frames[inside], brightened(source)[inside], strict=True)) > 40
    assert confidence[0].min() == 1 and confidence[inside].mean() > 0.8


def test_stabilising_halves_the_flicker():
    source = moving()
    restored = flickering(source)
    steady = stabilise(source, restored)
    assert warping_error(source, steady) < warping_error(source, restored) / 2


def test_threads_change_no_pixel():
    source = moving()
    before = cv2.getNumThreads()
    results = []
    for threads in (1, 3):
        cv2.setNumThreads(threads)
        results.append(stabilise(source, flickering(source)))
    cv2.setNumThreads(before)
    assert np.array_equal(*results)


def test_a_long_clip_is_as_steady_where_its_windows_meet():
    source = moving(45, (32, 48), step=0.5)
    restored = flickering(source)
    steady = stabilise(source, restored)
    ratio = [
        warping_error(source[i : i + 2], steady[i : i + 2]) / warping_error(source[i : i + 2], restored[i : i + 2])
        for i in range(44)
    ]
    assert max(ratio[16:20] + ratio[34:38]) < 0.5


def test_memory_beside_the_clip_does_not_grow_with_its_length():
    def beside(count: int) -> int:
        source = np.concatenate([moving(30, (64, 64), step=0.5, seed=3)] * (count // 30))
        tracemalloc.start()
        stabilise(source, source)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - source.nbytes

    assert beside(120) < 1.2 * beside(60)


def test_work_ahead_comes_in_order_and_its_error_where_it_was_due():
    def work(item: int) -> int:
        if item == 7:
            raise ValueError("seven")
        return item * item

    results = ahead(work, range(20))
    assert list(islice(results, 7)) == [0, 1, 4, 9, 16, 25, 36]
    with pytest.raises(ValueError, match="seven"):
        next(results)


def test_strength_zero_changes_nothing():
    source = moving()
    restored = flickering(source)
    assert np.array_equal(stabilise(source, restored, strength=0), restored)


def test_duplicates_stay_byte_equal():
    run = [0, 0, 1, 1, 1, 2, 3, 3]
    source = moving(4)[run]
    steady = stabilise(source, flickering(source))
    frames, _ = transport(source, {2: brightened(source[2:3])[0]})
    for result in (steady, frames):
        assert all(np.array_equal(result[i], result[i - 1]) for i in range(1, 8) if run[i] == run[i - 1])


@pytest.mark.parametrize("cuts", [(4,), ()])
def test_cuts_do_not_leak_whether_told_or_not(cuts):
    one, other = moving(4, seed=5), moving(4, seed=6)
    source = np.concatenate([one, other])
    restored = np.concatenate([brightened(one), other])
    steady = stabilise(source, restored, cuts=cuts)
    frames, confidence = transport(source, {0: restored[0], 3: restored[3]}, cuts=cuts)
    assert psnr(steady[4:], other) > 40
    assert psnr(frames[4:], other) > 50 and confidence[4:].max() == 0


def test_a_loop_is_steady_over_its_wrap():
    there = moving(6, step=1.0)
    source = np.concatenate([there, there[-2:0:-1]])
    restored = flickering(source)
    wrap = [np.stack([v[-1], v[0]]) for v in (source, restored, stabilise(source, restored, loops=True))]
    assert warping_error(wrap[0], wrap[2]) < warping_error(wrap[0], wrap[1]) / 2


def test_a_face_that_fades_to_black_leaves_nothing_behind():
    source = (moving(8) * np.linspace(1, 0, 8)[:, None, None, None]).astype(np.uint8)
    frames, _ = transport(source, {0: brightened(source[:1])[0]})
    assert frames[-1].max() <= 2


def test_a_keyframe_that_does_not_fit_is_refused():
    source = moving(2)
    with pytest.raises(ValueError, match="keyframe 5"):
        transport(source, {5: source[0]})


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 4), st.integers(1, 40), st.integers(1, 40), st.booleans(), st.sampled_from(["all", "none"]))
def test_any_size_and_length_comes_back_whole(count, height, width, loops, cut):
    rng = np.random.default_rng(count * 1681 + height * 41 + width)
    source, restored = rng.integers(40, 256, (2, count, height, width, 3), dtype=np.uint8)
    cuts = range(count) if cut == "all" else ()
    steady = stabilise(source, restored, loops=loops, cuts=cuts)
    frames, confidence = transport(source, {0: restored[0]}, loops=loops, cuts=cuts)
    assert steady.shape == frames.shape == source.shape and steady.dtype == frames.dtype == np.uint8
    assert np.isfinite(confidence).all() and 0 <= confidence.min() <= confidence.max() <= 1 + 1e-5
    if cut == "all":
        assert np.array_equal(steady, restored)


@given(st.integers(1, 100), st.integers(1, 20), st.booleans())
def test_anchors_are_never_further_apart_than_the_gap(count, gap, loops):
    keys = spread_evenly(count, gap, loops)
    ends = [*keys, keys[0] + count] if loops else keys
    assert keys[0] == 0 and np.diff(ends).max(initial=0) <= gap and (loops or keys[-1] == count - 1)
