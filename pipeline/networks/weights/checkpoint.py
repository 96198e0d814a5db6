"""Loads a weights file into a network: it unpickles tensors only, and every key must fit."""

from collections.abc import Mapping
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from pipeline.errors import WeightsWrong
from pipeline.networks.weights.registry import Weights, open_verified
from pipeline.settings import Models

KEYS_SHOWN = 5


def read(weights: Weights, models: Models) -> dict[str, Tensor]:
    """Load the tensors of a verified file. Raises WeightsMissing, WeightsWrong."""
    with open_verified(weights, models) as file:
        try:
            checkpoint = torch.load(file, map_location="cpu", weights_only=True)
        except (UnpicklingError, RuntimeError, EOFError, KeyError, ValueError) as error:
            raise WeightsWrong(f"{file.name} is not a PyTorch checkpoint of tensors only: {error}") from error
    return parameters(checkpoint, weights.name)


def parameters(checkpoint: object, name: str) -> dict[str, Tensor]:
    """Extract the parameters, which are published under `params_ema`, under `params` or bare, perhaps as `module.…`."""
    for key in ("params_ema", "params"):
        if isinstance(checkpoint, Mapping) and key in checkpoint:
            checkpoint = checkpoint[key]
    if not isinstance(checkpoint, Mapping) or not all(isinstance(value, Tensor) for value in checkpoint.values()):
        raise WeightsWrong(f"{name} holds no parameters: neither `params_ema` nor `params` nor tensors by name")
    return {str(key).removeprefix("module."): tensor for key, tensor in checkpoint.items()}


def fill(network: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Put the tensors into a network built on the meta device. Raises WeightsWrong, naming the keys that differ."""
    expected = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    given = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    differences = [
        _list_keys("missing", sorted(expected.keys() - given.keys())),
        _list_keys("unexpected", sorted(given.keys() - expected.keys())),
        _list_keys(
            "of another shape",
            [
                f"{k} {given[k]} for {expected[k]}"
                for k in sorted(expected.keys() & given.keys())
                if given[k] != expected[k]
            ],
        ),
    ]
    if any(differences):
        raise WeightsWrong(f"{name} is a checkpoint of another network: {'; '.join(filter(None, differences))}")
    network.load_state_dict(tensors, strict=True, assign=True)


def _list_keys(what: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
    return f"{len(keys)} {what}: {', '.join(keys[:KEYS_SHOWN])}{more}"
