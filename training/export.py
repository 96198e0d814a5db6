"""Writes a checkpoint's averaged weights in the form that the product ships."""

import hashlib
from pathlib import Path

from safetensors.torch import load_file, save_file

WEIGHTS = Path(__file__).parents[1] / "pipeline" / "networks" / "compact" / "compact.safetensors"
PREFIX = "average."


def export(checkpoint: Path, weights: Path = WEIGHTS) -> str:
    """Write the averaged weights in float16; return the file's SHA-256, which the engines and the card name."""
    average = {name: value for name, value in load_file(checkpoint).items() if name.startswith(PREFIX)}
    weights.parent.mkdir(parents=True, exist_ok=True)
    save_file({name.removeprefix(PREFIX): value.half() for name, value in average.items()}, weights)
    return hashlib.sha256(weights.read_bytes()).hexdigest()
