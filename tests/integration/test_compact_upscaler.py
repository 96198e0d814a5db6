from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.report import Measurement
from pipeline.restore import compact_engines
from pipeline.restore.compact import Scale, Upscaler
from pipeline.restore.compact_network import Compact

DAMAGED = Measurement("noisy", {"noise": 1.0}, 1.0, noise_sigma_8bit=8.0)
CLEAN = Measurement("clean", {"noise": 0.0, "blur": 0.0}, 1.0, noise_sigma_8bit=0.0)


def clip(height: int = 40, width: int = 52, frames: int = 3) -> np.ndarray:
    noise = np.random.default_rng(3).integers(0, 256, (frames, height, width, 3), np.uint8)
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 1.2) for frame in noise])


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random ones in the real format: what is tested here holds for any weights."""
    torch.manual_seed(1)
    network = Compact()
    torch.nn.init.normal_(network.leave.weight, std=0.1)
    path = tmp_path_factory.mktemp("weights") / "compact.safetensors"
    save_file({name: value.half() for name, value in network.state_dict().items()}, path)
    return path


def test_an_untrained_network_is_a_bicubic_enlargement() -> None:
    frame = clip(16, 20, 1)[0]
    small, large = compact_engines.planes(frame), compact_engines.planes(frame.repeat(2, 0).repeat(2, 1))
    run = compact_engines.forward(Compact().eval(), "torch")
    output = compact_engines.picture(run([small, small, small, large, np.zeros((1, 5), np.float32)]))
    expected = cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert np.abs(output.astype(int) - expected).max() <= 1


def test_the_network_stays_under_a_million_parameters() -> None:
    assert sum(values.numel() for values in Compact().parameters()) < 1_000_000


def test_both_engines_restore_alike(weights: Path) -> None:
    frames = clip()
    one, other = (Upscaler(engine, weights, 2).restore(frames, DAMAGED, 2) for engine in ("torch", "openvino"))
    assert np.abs(one.astype(int) - other).max() <= 1


@pytest.mark.parametrize(("scale", "height", "width"), [(1, 33, 47), (2, 16, 16), (2, 1, 7), (4, 21, 16)])
def test_sizes_are_what_was_asked_for(weights: Path, scale: Scale, height: int, width: int) -> None:
    restored = Upscaler("torch", weights).restore(clip(height, width, 2), DAMAGED, scale)
    assert restored.shape == (2, scale * height, scale * width, 3)
    assert restored.dtype == np.uint8


def test_a_frame_of_many_tiles_has_no_seam(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames, upscaler = clip(150, 90, 2), Upscaler("torch", weights)
    whole = upscaler.restore(frames, DAMAGED, 2)
    monkeypatch.setattr("pipeline.restore.compact_tiles.TILE", 48)
    assert np.abs(upscaler.restore(frames, DAMAGED, 2).astype(int) - whole)[:, 80:-80, 80:-80].max() <= 1


def test_clean_frames_come_back_untouched_at_their_own_size(weights: Path) -> None:
    frames = clip()
    assert np.array_equal(Upscaler("torch", weights).restore(frames, CLEAN, 1), frames)


def test_a_one_bit_picture_is_left_to_lanczos(weights: Path) -> None:
    frames = np.where(clip() > 127, 255, 0).astype(np.uint8)[..., :1].repeat(3, -1)
    restored = Upscaler("torch", weights).restore(frames, DAMAGED, 2)
    from pipeline.restore import classic

    assert np.array_equal(restored, classic.upscale(frames, 2))


def test_an_earlier_shot_leaves_no_trace_in_the_next(weights: Path) -> None:
    upscaler, frames = Upscaler("torch", weights), clip()
    fresh = upscaler.restore(frames, DAMAGED, 2)
    upscaler.restore(255 - frames, DAMAGED, 2)
    assert np.array_equal(upscaler.restore(frames, DAMAGED, 2), fresh)
