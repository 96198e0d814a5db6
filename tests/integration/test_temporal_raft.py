from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.optical_flow import raft_small

from pipeline.errors import WeightsMissing
from pipeline.motion.flow import smooth_flow
from pipeline.networks.raft import raft
from pipeline.restoring import estimators
from pipeline.settings import Models, Settings, Temporal


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    path = tmp_path / estimators._RAFT.file
    torch.save(raft_small(weights=None).state_dict(), path)
    return path


@pytest.fixture
def registered(weights, monkeypatch):
    content = weights.read_bytes()
    entry = replace(estimators._RAFT, bytes=len(content), sha256=sha256(content).hexdigest())
    monkeypatch.setattr(estimators, "_RAFT", entry)


def settings(weights: Path, flow) -> Settings:
    return Settings(temporal=Temporal(flow=flow), models=Models(folder=weights.parent))


def test_raft_answers_at_any_size_and_the_same_twice(weights: Path):
    estimate = raft.load(weights)
    to, frm = np.random.default_rng(0).integers(0, 256, (2, 50, 131), dtype=np.uint8)
    found = estimate(to, frm)
    assert found.shape == (50, 131, 2) and found.dtype == np.float32 and np.isfinite(found).all()
    assert np.array_equal(found, estimate(to, frm))


def test_weights_of_another_network_are_refused(weights: Path):
    with pytest.raises(RuntimeError, match="Missing key"):
        raft.load(weights, "large")


def test_a_processor_estimates_flow_by_dis_unless_told_otherwise(weights: Path, registered):
    assert estimators.estimator(settings(weights, "auto")) is smooth_flow
    assert estimators.estimator(settings(weights, "dis")) is smooth_flow


def test_raft_is_taken_where_it_is_asked_for(weights: Path, registered):
    estimate = estimators.estimator(settings(weights, "raft"))
    to, frm = np.random.default_rng(0).integers(0, 256, (2, 128, 128), dtype=np.uint8)
    assert np.array_equal(estimate(to, frm), raft.load(weights)(to, frm))


def test_raft_without_its_weights_says_what_to_do(tmp_path: Path):
    with pytest.raises(WeightsMissing, match="models pull"):
        estimators.estimator(settings(tmp_path / "none", "raft"))
