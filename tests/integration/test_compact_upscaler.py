from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from pipeline.clips.clip import Clip
from pipeline.errors import WeightsWrong
from pipeline.measuring import measure
from pipeline.networks.compact import engines, inputs
from pipeline.networks.compact.network import Compact
from pipeline.networks.compact.upscaler import Scale, Upscaler
from pipeline.report import Measurement
from pipeline.scoring.fidelity import fidelity

DAMAGED = Measurement("noisy", {"noise": 1.0}, 1.0, noise_sigma_8bit=8.0)
CLEAN = Measurement("clean", {"noise": 0.0, "blur": 0.0}, 1.0, noise_sigma_8bit=0.0)


def lettered() -> np.ndarray:
    frame = np.full((60, 120, 3), 200, np.uint8)
    cv2.putText(frame, "text", (8, 40), cv2.FONT_HERSHEY_DUPLEX, 1.2, (255, 255, 255), 2, cv2.LINE_AA)
    return frame


def clip(height: int = 40, width: int = 52, frames: int = 3) -> np.ndarray:
    noise = np.random.default_rng(3).integers(0, 256, (frames, height, width, 3), np.uint8)
    return np.stack([cv2.GaussianBlur(frame, (0, 0), 1.2) for frame in noise])


STRANGE = {
    "one bit": np.where(clip(frames=1)[0] > 127, 255, 0).astype(np.uint8)[..., :1].repeat(3, -1),
    "sixteen px": clip(16, 16, 1)[0],
    "one colour": np.full((40, 40, 3), 77, np.uint8),
    "letters": lettered(),
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random ones in the real format: what is tested here holds for any weights."""
    torch.manual_seed(1)
    network = Compact()
    torch.nn.init.normal_(network.leave.weight, std=0.1)
    path = tmp_path_factory.mktemp("weights") / "compact.safetensors"
    save_file({name: value.half() for name, value in network.state_dict().items()}, path)
    return path


def test_an_untrained_network_gives_the_mean_it_is_shown() -> None:
    mean = clip(32, 40, 1)[0]
    frame = clip(16, 20, 1)[0]
    run = engines.forward(Compact().eval(), "torch")
    condition = np.zeros((1, inputs.CONDITION_SIZE), np.float32)
    output = run([*(engines.planes(part) for part in (frame, mean, frame[..., 0])), condition])
    assert np.array_equal(engines.picture(output), mean)


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
    monkeypatch.setattr("pipeline.networks.compact.tiles.TILE", 48)
    assert np.abs(upscaler.restore(frames, DAMAGED, 2).astype(int) - whole)[:, 80:-80, 80:-80].max() <= 1


def test_clean_frames_come_back_untouched_at_their_own_size(weights: Path) -> None:
    frames = clip()
    assert np.array_equal(Upscaler("torch", weights).restore(frames, CLEAN, 1), frames)


def test_a_one_bit_picture_is_left_to_lanczos(weights: Path) -> None:
    frames = np.where(clip() > 127, 255, 0).astype(np.uint8)[..., :1].repeat(3, -1)
    restored = Upscaler("torch", weights).restore(frames, DAMAGED, 2)
    from pipeline.networks import classic

    assert np.array_equal(restored, classic.upscale(frames, 2))


def test_an_earlier_shot_leaves_no_trace_in_the_next(weights: Path) -> None:
    upscaler, frames = Upscaler("torch", weights), clip()
    fresh = upscaler.restore(frames, DAMAGED, 2)
    upscaler.restore(255 - frames, DAMAGED, 2)
    assert np.array_equal(upscaler.restore(frames, DAMAGED, 2), fresh)


def test_the_packages_own_weights_load_and_are_those_of_the_model_card() -> None:
    card = (Path(__file__).parents[2] / "docs" / "compact.md").read_text()
    assert engines.SHA256 in card
    assert engines.load_network().told.in_features == inputs.CONDITION_SIZE


def test_damaged_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "compact.safetensors"
    path.write_bytes(engines.WEIGHTS.read_bytes()[:-1] + b"x")
    monkeypatch.setattr(engines, "WEIGHTS", path)
    with pytest.raises(WeightsWrong, match="install the package again"):
        engines.load_network(path)


def test_grey_stays_grey() -> None:
    grey = clip(frames=1)[..., :1].repeat(3, -1)
    restored = Upscaler().restore(grey, DAMAGED, 2)
    assert (restored == restored[..., :1]).all()


def test_restored_frames_are_nearer_to_the_truth_than_an_enlargement() -> None:
    import skimage.data

    truth = cv2.resize(skimage.data.astronaut(), (256, 256), interpolation=cv2.INTER_AREA)
    small = cv2.resize(truth, (128, 128), interpolation=cv2.INTER_AREA)
    (restored,) = Upscaler().restore(small[None], CLEAN, 2)
    bicubic = cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    assert fidelity(truth, restored).psnr_db > fidelity(truth, bicubic).psnr_db + 1


@pytest.mark.parametrize("kind", ["one bit", "sixteen px", "one colour", "letters"])
def test_what_it_was_not_trained_on_comes_out_no_further_off_than_lanczos(kind: str) -> None:
    frame = STRANGE[kind]
    told = measure(Clip(frame[None], None, np.array([40], np.int32)))
    (restored,) = Upscaler().restore(frame[None], told, 2)
    halved = cv2.resize(restored, frame.shape[1::-1], interpolation=cv2.INTER_AREA)
    lanczos = cv2.resize(cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_LANCZOS4), frame.shape[1::-1])
    assert np.abs(halved.astype(int) - frame).mean() <= np.abs(lanczos.astype(int) - frame).mean() + 3
