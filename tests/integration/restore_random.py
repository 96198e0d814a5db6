"""Seeded random weights in the official file formats: every parameter random, noise weights and biases included."""

import hashlib
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from pipeline.networks.gfpgan.layers import Architecture
from pipeline.networks.upstream import prepare_import
from pipeline.networks.weights.registry import REGISTRY, Weights
from pipeline.settings import Models

SMALL = Architecture(size=64, channel_multiplier=1, narrow=0.125)


def randomise(network: nn.Module, seed: int = 0) -> nn.Module:
    """Keep the spread of each parameter's initialisation, and give those that start constant a spread of their own."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
            if not tensor.is_floating_point():
                continue
            if name.endswith("running_var"):
                tensor.uniform_(0.8, 1.2, generator=generator)
            elif tensor.dim() > 1 and tensor.std() > 0:
                tensor.normal_(0, float(tensor.std()), generator=generator)
            else:
                tensor.add_(torch.empty_like(tensor).normal_(0, 0.2, generator=generator))
    return network.eval()


def upstream(arch: Architecture = SMALL, seed: int = 0) -> nn.Module:
    """The `gfpgan` package's own network with random parameters."""
    prepare_import()
    from gfpgan.archs.gfpganv1_clean_arch import GFPGANv1Clean

    torch.manual_seed(seed)
    network = GFPGANv1Clean(
        out_size=arch.size,
        num_style_feat=arch.style,
        channel_multiplier=arch.channel_multiplier,
        num_mlp=arch.style_layers,
        input_is_latent=True,
        different_w=True,
        narrow=arch.narrow,
        sft_half=True,
    )
    return randomise(network, seed)


def save(tensors: dict[str, object], folder: Path, name: str) -> Weights:
    """Write a checkpoint under the registry's file name; return its registry entry with this file's size and hash."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / REGISTRY[name].file
    torch.save(tensors, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(REGISTRY[name], bytes=path.stat().st_size, sha256=digest)


def save_gfpgan(network: nn.Module, models: Models) -> Weights:
    """As the released GFPGAN files are: the parameters under `params_ema`."""
    return save({"params_ema": network.state_dict()}, models.folder, "GFPGANv1.4")
