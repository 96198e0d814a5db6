"""Random weights for both sides, and how the worker is told that these are the ones to accept."""

import json
from dataclasses import asdict
from pathlib import Path

import torch

from benchmarks import engine_weights
from pipeline.networks.upstream import prepare_import
from pipeline.networks.weights.registry import REGISTRY, Weights

ENTRY = "entry.json"
PARTS = "parts.json"  # the worker leaves its seconds by part there
REALESRGAN = REGISTRY["RealESRGAN_x2plus"].file


def write(folder: Path) -> None:
    """Write GFPGAN, Real-ESRGAN and upstream's detector and parser; GFPGAN's registry entry lies beside them.

    What an earlier run wrote stays.
    """
    if (folder / ENTRY).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    entry = asdict(engine_weights.write(folder))
    torch.save({"params_ema": rrdbnet().state_dict()}, folder / REALESRGAN)
    (folder / ENTRY).write_text(json.dumps(entry))


def rrdbnet() -> torch.nn.Module:
    """Real-ESRGAN's network as published, with seeded weights."""
    prepare_import()
    from basicsr.archs.rrdbnet_arch import RRDBNet

    torch.manual_seed(0)
    network: torch.nn.Module = RRDBNet(num_in_ch=3, num_out_ch=3, num_feat=64, num_block=23, num_grow_ch=32, scale=2)
    return network


def accept(folder: Path) -> None:
    """Have this process accept the random GFPGAN of the folder, if it has one."""
    entry = folder / ENTRY
    if entry.exists():
        weights = Weights(**json.loads(entry.read_text()))
        REGISTRY[weights.name] = weights
