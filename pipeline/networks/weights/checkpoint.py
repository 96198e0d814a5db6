"""From a weights file to a network: nothing is unpickled but tensors, and every key must fit."""

from collections.abc import Mapping
from pickle import UnpicklingError

import torch
from torch import Tensor, nn

from pipeline.errors import WeightsWrong
from pipeline.networks.weights.registry import Weights, opened
from pipeline.settings import Models

KEYS_SHOWN = 5


def read(weights: Weights, models: Models) -> dict[str, Tensor]:
    """Load the tensors of a verified file. Raises WeightsMissing, WeightsWrong."""
    with opened(weights, models) as file:
        try:
            held = torch.load(file, map_location="cpu", weights_only=True)
        except (UnpicklingError, RuntimeError, EOFError, KeyError, ValueError) as error:
            raise WeightsWrong(f"{file.name} is not a PyTorch checkpoint of tensors only: {error}") from error
    return parameters(held, weights.name)


def parameters(held: object, name: str) -> dict[str, Tensor]:
    """Take the parameters out of the forms in which they are published: `params_ema`, `params`, bare, `module.`."""
    for key in ("params_ema", "params"):
        if isinstance(held, Mapping) and key in held:
            held = held[key]
    if not isinstance(held, Mapping) or not all(isinstance(tensor, Tensor) for tensor in held.values()):
        raise WeightsWrong(f"{name} holds no parameters: neither `params_ema` nor `params` nor tensors by name")
    return {str(key).removeprefix("module."): tensor for key, tensor in held.items()}


def fill(network: nn.Module, tensors: dict[str, Tensor], name: str) -> None:
    """Put the tensors into a network built on the meta device. Raises WeightsWrong, naming the keys that differ."""
    expected = {key: tuple(tensor.shape) for key, tensor in network.state_dict().items()}
    found = {key: tuple(tensor.shape) for key, tensor in tensors.items()}
    differences = [
        _shown("missing", sorted(expected.keys() - found.keys())),
        _shown("unexpected", sorted(found.keys() - expected.keys())),
        _shown(
            "of another shape",
            [
                f"{k} {found[k]} for {expected[k]}"
                for k in sorted(expected.keys() & found.keys())
                if found[k] != expected[k]
            ],
        ),
    ]
    if any(differences):
        raise WeightsWrong(f"{name} is a checkpoint of another network: {'; '.join(filter(None, differences))}")
    network.load_state_dict(tensors, strict=True, assign=True)


def _shown(what: str, keys: list[str]) -> str:
    if not keys:
        return ""
    more = f" and {len(keys) - KEYS_SHOWN} more" if len(keys) > KEYS_SHOWN else ""
    return f"{len(keys)} {what}: {', '.join(keys[:KEYS_SHOWN])}{more}"
