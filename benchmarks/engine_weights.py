"""Random weights in the official formats: the same for upstream and for us, since the released files may be absent."""

import hashlib
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from pipeline.networks.upstream import prepare_import
from pipeline.networks.weights.registry import REGISTRY, Weights


def randomised(network: nn.Module) -> nn.Module:
    """Give the parameters that start constant, the noise weights among them, a spread of their own."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for tensor in network.parameters():
            if tensor.dim() <= 1 or tensor.std() == 0:
                tensor.add_(torch.empty_like(tensor).normal_(0, 0.2, generator=generator))
    return network


def write(folder: Path) -> Weights:
    """Write GFPGAN, RetinaFace and ParseNet where upstream looks for them; return GFPGAN's registry entry."""
    prepare_import()
    from facexlib.detection.retinaface import RetinaFace
    from facexlib.parsing.parsenet import ParseNet
    from gfpgan.archs.gfpganv1_clean_arch import GFPGANv1Clean

    torch.manual_seed(0)
    beside = folder / "gfpgan" / "weights"
    beside.mkdir(parents=True, exist_ok=True)
    detector = RetinaFace(network_name="resnet50", half=False, device=torch.device("cpu"))
    torch.save(detector.state_dict(), beside / REGISTRY["RetinaFace-ResNet50"].file)
    torch.save(ParseNet(in_size=512, out_size=512, parsing_ch=19).state_dict(), beside / REGISTRY["ParseNet"].file)
    network = GFPGANv1Clean(
        out_size=512, channel_multiplier=2, input_is_latent=True, different_w=True, fix_decoder=False, sft_half=True
    )
    path = folder / REGISTRY["GFPGANv1.4"].file
    torch.save({"params_ema": randomised(network).state_dict()}, path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return replace(REGISTRY["GFPGANv1.4"], bytes=path.stat().st_size, sha256=digest)
