import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.arrays import UInt8
from pipeline.networks.compact.tiles import MULTIPLE, OVERLAP, TILE, tiled


def nearest(frame: UInt8, _mean: UInt8, _frames: UInt8) -> UInt8:
    return frame.repeat(2, 0).repeat(2, 1)


def given_back(_frame: UInt8, mean: UInt8, _frames: UInt8) -> UInt8:
    return mean


@settings(max_examples=25, deadline=None)
@given(height=st.integers(1, 700), width=st.integers(1, 700))
def test_tiles_cover_every_pixel_once_and_in_place(height: int, width: int) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    doubled = frame.repeat(2, 0).repeat(2, 1)
    assert np.array_equal(tiled(nearest, frame, doubled, frame[..., 0]), doubled)


@pytest.mark.parametrize("side", [17, TILE, TILE + 1, 901])
def test_the_mean_is_cut_at_the_same_places(side: int) -> None:
    frame = np.zeros((side, 8, 3), np.uint8)
    mean = np.random.default_rng(1).integers(0, 256, (2 * side, 16, 3), np.uint8)
    assert np.array_equal(tiled(given_back, frame, mean, frame[..., 0]), mean)


def test_tiles_are_of_one_bounded_size_that_the_network_can_halve_twice() -> None:
    sizes = set()

    def noted(frame: UInt8, mean: UInt8, _frames: UInt8) -> UInt8:
        sizes.add(frame.shape)
        return mean

    frame = np.zeros((1999, 1001, 3), np.uint8)
    tiled(noted, frame, frame.repeat(2, 0).repeat(2, 1), frame[..., 0])
    (size,) = sizes
    assert max(size) <= TILE + 2 * OVERLAP
    assert size[0] % MULTIPLE == size[1] % MULTIPLE == 0
