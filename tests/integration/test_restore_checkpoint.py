"""A wrong weights file says what is wrong with it, and is never run."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from restore_random import SMALL, save, save_gfpgan, upstream

from pipeline.errors import WeightsMissing, WeightsWrong
from pipeline.networks.gfpgan.network import load as load_network
from pipeline.networks.weights.registry import REGISTRY, present, verify
from pipeline.restoring.loading import load
from pipeline.settings import Models, Settings


@pytest.fixture
def models(tmp_path):
    return Models(folder=tmp_path / "models")


def test_auto_without_weights_is_compact_and_says_where_the_weights_belong(models):
    loaded = load(Settings(restorer="auto", models=models))
    assert (loaded.name, loaded.restorer) == ("compact", None)
    weights = REGISTRY["GFPGANv1.4"]
    for said in (weights.url, weights.sha256, str(models.folder)):
        assert said in loaded.fallback


def test_auto_without_weights_keeps_to_the_classic_background_asked_for(models):
    assert load(Settings(restorer="auto", background="classic", models=models)).name == "classic"


@pytest.mark.parametrize("restorer", ["compact", "classic"])
def test_an_embedded_restorer_asked_for_is_no_fallback(models, restorer):
    loaded = load(Settings(restorer=restorer, models=models))
    assert (loaded.name, loaded.fallback) == (restorer, None)


def test_gfpgan_without_weights_is_an_error_that_says_what_to_do(models):
    with pytest.raises(WeightsMissing, match=r"GFPGANv1\.4\.pth.*SHA-256 is e2cd4703"):
        load(Settings(restorer="gfpgan", models=models))


@pytest.mark.parametrize("restorer", ["auto", "gfpgan"])
def test_a_truncated_file_is_never_passed_over(models, restorer):
    models.folder.mkdir()
    (models.folder / "GFPGANv1.4.pth").write_bytes(b"PK\x03\x04")
    with pytest.raises(WeightsWrong, match="has 4 bytes"):
        load(Settings(restorer=restorer, models=models))


def test_a_file_of_the_right_size_and_other_bytes_is_refused(models):
    weights = save_gfpgan(upstream(), models)
    path = models.folder / weights.file
    raw = bytearray(path.read_bytes())
    raw[-100] ^= 1
    path.write_bytes(raw)
    assert present(weights, models)
    with pytest.raises(WeightsWrong, match="another file or damaged"):
        verify(weights, models)


def test_the_keys_that_differ_are_named(models):
    tensors = upstream().state_dict()
    tensors["conv_body_first.weight_v"] = tensors.pop("conv_body_first.weight")
    tensors["final_linear.bias"] = torch.zeros(7)
    weights = save({"params_ema": tensors}, models.folder, "GFPGANv1.4")
    with pytest.raises(WeightsWrong) as error:
        load_network(weights, models, SMALL)
    for said in (
        "1 missing: conv_body_first.weight",
        "1 unexpected: conv_body_first.weight_v",
        "final_linear.bias (7,)",
    ):
        assert said in str(error.value)


def test_another_networks_checkpoint_is_told_by_its_keys(models):
    weights = save({"state_dict": {"layer": torch.zeros(1)}}, models.folder, "GFPGANv1.4")
    with pytest.raises(WeightsWrong, match="holds no parameters"):
        load_network(weights, models, SMALL)


class Evil:
    def __reduce__(self):
        return os.mkdir, ("/tmp/gifrestored-was-here",)


def test_code_in_a_checkpoint_is_not_run_even_where_its_hash_is_trusted(models):
    weights = save({"params_ema": Evil()}, models.folder, "GFPGANv1.4")
    with pytest.raises(WeightsWrong, match="tensors only"):
        load_network(weights, models, SMALL)
    assert not Path("/tmp/gifrestored-was-here").exists()


def test_a_file_that_is_no_checkpoint_is_refused(models):
    models.folder.mkdir()
    (models.folder / "GFPGANv1.4.pth").write_bytes(b"not a checkpoint")
    weights = replace(
        REGISTRY["GFPGANv1.4"],
        bytes=16,
        sha256="7c6a3d6b7d5c7f0a5a7b4f1ea4b1a3e3fdc9c8d8d6b1b6a3f6cb3b8d1c2e9f10",
    )
    with pytest.raises(WeightsWrong):
        load_network(weights, models, SMALL)
