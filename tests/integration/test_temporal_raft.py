from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models.optical_flow import raft_small

from pipeline.temporal import raft


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    torch.save(raft_small(weights=None).state_dict(), tmp_path / "raft_small.pth")
    return tmp_path / "raft_small.pth"


def test_raft_answers_at_any_size_and_the_same_twice(weights: Path):
    estimate = raft.load(weights)
    to, frm = np.random.default_rng(0).integers(0, 256, (2, 50, 131), dtype=np.uint8)
    found = estimate(to, frm)
    assert found.shape == (50, 131, 2) and found.dtype == np.float32 and np.isfinite(found).all()
    assert np.array_equal(found, estimate(to, frm))


def test_weights_of_another_network_are_refused(weights: Path):
    with pytest.raises(RuntimeError, match="Missing key"):
        raft.load(weights, "large")
