import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import OutOfMemory
from pipeline.networks.batches import BatchRestorer, to_bytes
from pipeline.networks.gfpgan.torch_engine import forward
from pipeline.networks.loaded import Loaded
from pipeline.networks.restorer import FaceFailed


def faces(count):
    return np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)


def negative(batch):
    return 1 - batch.transpose(0, 3, 1, 2).astype(np.float32) / 127.5


@given(st.integers(0, 9), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_any_number_of_faces_comes_back_in_order(count, batch):
    given_faces = faces(count)
    assert np.array_equal(BatchRestorer(negative, batch).restore(given_faces), 255 - given_faces)


@given(st.integers(1, 40), st.integers(1, 16), st.integers(1, 16))
@settings(max_examples=30, deadline=None)
def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_stays_so(count, batch, room):
    asked = []

    def cramped(chunk):
        asked.append(len(chunk))
        if len(chunk) > room:
            raise MemoryError
        return negative(chunk)

    engine = BatchRestorer(cramped, batch)
    given_faces = faces(count)
    assert np.array_equal(engine.restore(given_faces), 255 - given_faces)
    assert sorted(asked, reverse=True) == asked
    before = len(asked)
    engine.restore(given_faces)
    assert max(asked[before:]) <= room


def test_no_memory_for_one_face_says_what_to_do():
    def none(chunk):
        raise MemoryError

    with pytest.raises(OutOfMemory, match="device: cpu"):
        BatchRestorer(none, 4).restore(faces(3))


def test_a_face_that_fails_is_named_and_the_others_are_restored():
    def third_is_broken(chunk):
        pictures = negative(chunk)
        pictures[(chunk == given_faces[2]).all((1, 2, 3)), 0, 0, 0] = np.nan
        return pictures

    given_faces = faces(5)
    with pytest.raises(FaceFailed, match="1 of 5") as failure:
        BatchRestorer(third_is_broken, 2).restore(given_faces)
    assert failure.value.failed == (2,)
    others = [0, 1, 3, 4]
    assert np.array_equal(failure.value.restored[others], 255 - given_faces[others])


def test_a_picture_is_clipped_and_rounded():
    picture = np.array([-2, -1, 0, 0.999, 1, 3], np.float32).reshape(1, 2, 3).repeat(3, 0)
    assert to_bytes(picture)[..., 0].tolist() == [[0, 0, 128], [255, 255, 255]]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] . DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("MPS backend out of memory"),
        MemoryError(),
    ],
)
def test_pytorchs_ways_to_say_out_of_memory_are_all_understood(error):
    sizes = []

    def network(x):
        sizes.append(len(x))
        if len(x) > 1:
            raise error
        return -x

    engine = BatchRestorer(forward(network, "cpu", torch.float32, torch.channels_last), 4)
    given_faces = faces(4)
    assert np.array_equal(engine.restore(given_faces), 255 - given_faces)
    assert sizes == [4, 2, 1, 1, 1, 1]


def test_other_errors_of_the_network_are_not_hidden():
    def network(x):
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        BatchRestorer(forward(network, "cpu", torch.float32, torch.contiguous_format), 4).restore(faces(2))


def test_what_is_told_of_the_batch_is_what_was_left_of_it():
    def cramped(chunk):
        if len(chunk) > 2:
            raise MemoryError
        return negative(chunk)

    loaded = Loaded(BatchRestorer(cramped, 8), "gfpgan", None, "torch", "cpu", "float32")
    loaded.restorer.restore(faces(8))
    assert loaded.batch == 2
