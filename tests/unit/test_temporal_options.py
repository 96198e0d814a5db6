"""One path for the product and the benchmark, and what leaving out a step of it does."""

import numpy as np
import pytest
from temporal_clips import brightened, flickering, moving

from pipeline.clips.equal_frames import EqualFrames
from pipeline.settings import Temporal
from pipeline.steadiness import Options, stabilise, transport
from pipeline.steadiness.keyframes import restore_keyframes

SOURCE = moving(13, (48, 64), step=0.5)
RESTORED = flickering(SOURCE)
KEYS = {i: RESTORED[i] for i in (0, 6, 12)}


def test_the_scheduler_gives_what_transport_makes_of_its_keyframes():
    frames, keys = restore_keyframes(SOURCE, brightened, Temporal())
    assert len(keys) < len(SOURCE)
    carried, _ = transport(SOURCE, {i: brightened(SOURCE[i : i + 1])[0] for i in keys})
    assert np.array_equal(frames, carried)


@pytest.mark.parametrize("step", ["crossfade", "sharp_warp", "confidence", "backwards", "firm_low"])
def test_each_step_of_transport_can_be_left_out_and_does_something(step):
    whole, _ = transport(SOURCE, KEYS)
    less, _ = transport(SOURCE, KEYS, options=Options(**{step: False}))
    assert less.shape == whole.shape
    assert not np.array_equal(less, whole)


@pytest.mark.parametrize("step", ["backwards", "firm_low"])
def test_each_step_of_settling_can_be_left_out_of_stabilising_too(step):
    less = stabilise(SOURCE, RESTORED, options=Options(**{step: False}))
    assert not np.array_equal(less, stabilise(SOURCE, RESTORED))


def test_where_the_flow_is_trusted_everywhere_a_cut_is_carried_over():
    source = np.concatenate([moving(4, seed=5), moving(4, seed=6)])
    for confidence, unsure in ((True, 0), (False, 1)):
        _, sure = transport(source, {0: brightened(source[:1])[0]}, options=Options(confidence=confidence))
        assert sure[4:].mean() == pytest.approx(unsure, abs=1e-5)


def test_duplicate_frames_that_are_told_need_not_be_found():
    source = SOURCE[[0, 0, 1, 2, 2, 2, 3]]
    restored = flickering(source)
    equal = EqualFrames.find(source)
    assert np.array_equal(stabilise(source, restored, equal=equal), stabilise(source, restored))
    told, found = (transport(source, {0: restored[0]}, equal=known) for known in (equal, None))
    assert all(np.array_equal(a, b) for a, b in zip(told, found, strict=True))
