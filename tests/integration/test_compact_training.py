from pathlib import Path

import cv2
import numpy as np
import pytest
from safetensors.torch import load_file

from training import export, motion, prepare, sources, train
from training.damage import damage, quantise, shrink

PLAN = train.Plan(steps=2, parts=2, batch=1, crop=16)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    prepare.prepare(folder / "no packages", folder, clips=1, seed=1)  # scikit-image's samples alone
    return folder


def test_a_prepared_clip_holds_truth_and_damage_of_one_moment(clips: Path) -> None:
    stored = np.load(clips / "000000.npy")[0]
    assert stored["truth"].shape == (prepare.STORED_FRAMES, 2 * prepare.HEIGHT, 2 * prepare.WIDTH, 3)
    difference = shrink(stored["truth"]).astype(float) - stored["frame"]
    assert np.sqrt(np.square(difference).mean()) < 40


def test_the_same_seed_prepares_the_same_clip(clips: Path, tmp_path: Path) -> None:
    prepare.prepare(tmp_path / "no packages", tmp_path, clips=1, seed=1)
    assert np.array_equal(np.load(tmp_path / "000000.npy"), np.load(clips / "000000.npy"))


def test_a_stopped_training_goes_on_as_if_it_had_not(clips: Path, tmp_path: Path) -> None:
    train.train(clips, tmp_path / "whole", tmp_path / "log.csv", PLAN)
    stopped = tmp_path / "parts"
    train.train(clips, stopped, tmp_path / "log.csv", PLAN, until=1)
    assert train.begin(stopped, PLAN).step == 1
    train.train(clips, stopped, tmp_path / "log.csv", PLAN)
    whole, parts = load_file(tmp_path / "whole"), load_file(stopped)
    assert all(np.allclose(whole[name], parts[name], atol=1e-6) for name in whole if name != "at")


def test_exported_weights_are_the_averaged_ones_and_small(clips: Path, tmp_path: Path) -> None:
    state = train.begin(tmp_path / "checkpoint", PLAN)
    train.save(state, tmp_path / "checkpoint")
    digest = export.export(tmp_path / "checkpoint", tmp_path / "weights" / "compact.safetensors")
    written = tmp_path / "weights" / "compact.safetensors"
    assert len(digest) == 64
    assert load_file(written).keys() == state.average.state_dict().keys()
    assert written.stat().st_size < 4e6


def test_faces_kept_for_the_evaluation_are_never_trained_on(tmp_path: Path) -> None:
    assert not {path.stem for path in sources.pictures(tmp_path)} & set(sources.HELD_OUT)


def test_a_picture_at_rest_gives_equal_frames() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (200, 300, 3), np.uint8)
    still = motion.Course((0.0, 0.0), 0.0, 1.0, 0.0)
    frames = motion.move_view(picture, 3, (64, 48), still, np.random.default_rng(2))
    assert frames.shape == (3, 48, 64, 3)
    assert (frames == frames[0]).all()


def test_a_fixed_palette_is_the_first_frames() -> None:
    frames = np.random.default_rng(1).integers(0, 256, (2, 32, 32, 3), np.uint8)
    fixed = quantise(frames, 16, fixed=True)
    assert len(np.unique(fixed.reshape(-1, 3), axis=0)) <= 16


def test_damage_halves_and_changes_the_picture() -> None:
    smooth = cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3), np.uint8)[0], (0, 0), 3)
    damaged = [damage(smooth[None], np.random.default_rng(seed)) for seed in range(12)]
    assert {done.shape for done in damaged} == {(1, 32, 32, 3)}
    assert len({done.tobytes() for done in damaged}) > 10
