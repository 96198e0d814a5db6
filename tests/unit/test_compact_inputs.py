import cv2
import numpy as np
import pytest

from pipeline.report import Measurement
from pipeline.restore import compact_inputs
from pipeline.restore.compact import damaged_share


def textured(side: int = 96) -> np.ndarray:
    noise = np.random.default_rng(2).integers(0, 256, (side, side, 3), np.uint8)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return cv2.normalize(smooth, None, 0, 255, cv2.NORM_MINMAX)


def measured(**severity: float) -> Measurement:
    return Measurement("noisy" if severity else "clean", severity, 1.0)


def test_neighbours_are_brought_to_the_frames_place() -> None:
    wide = textured()
    frames = np.stack([wide[:64, 2 * t : 2 * t + 64] for t in range(3)])
    seen = compact_inputs.shown(frames, 1, 0.0)
    inner = slice(12, -12)
    for neighbour in (seen.before, seen.after):
        difference = neighbour.astype(int) - seen.frame
        assert np.abs(difference[inner, inner]).mean() < 4


def test_a_single_frame_is_its_own_neighbour() -> None:
    frames = textured()[None]
    seen = compact_inputs.shown(frames, 0, 0.0)
    assert seen.back is None
    assert np.array_equal(seen.before, frames[0])
    assert np.array_equal(seen.after, frames[0])


def test_the_last_output_is_carried_along_the_flow_at_twice_its_size() -> None:
    output = textured(128)
    back = np.full((64, 64, 2), (1.0, 0.0), np.float32)
    assert np.array_equal(compact_inputs.carried(output, back)[:, :100], output[:, 2:102])


def test_what_was_not_measured_differs_from_none_found() -> None:
    unknown, none = compact_inputs.condition(None, None, 256), compact_inputs.condition(0.0, 0.0, 256)
    assert unknown.shape == none.shape == (compact_inputs.KNOWN,)
    assert not np.array_equal(unknown, none)


def test_a_sharp_edge_has_no_blur_and_an_unmeasured_one_none_known() -> None:
    assert compact_inputs.blur_sigma(measured()) is None
    assert compact_inputs.blur_sigma(Measurement("clean", {}, 1.0, edge_spread_px=1.5)) == 0
    assert compact_inputs.blur_sigma(Measurement("blurry", {}, 1.0, edge_spread_px=5.0)) == pytest.approx(
        1.79, abs=0.01
    )


def test_clean_clips_are_left_alone_at_their_own_size() -> None:
    assert damaged_share(measured()) == 0
    assert damaged_share(measured(noise=0.1, blur=0.2, low_res=3.0)) == 0
    assert damaged_share(measured(noise=1.0)) == 1


def test_colours_are_counted_whole() -> None:
    frame = np.zeros((4, 4, 3), np.uint8)
    frame[0, 0], frame[0, 1] = (1, 0, 0), (0, 0, 1)
    assert compact_inputs.colours(frame) == 3
