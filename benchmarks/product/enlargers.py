"""What the rivals do to one frame: (H, W, 3) uint8 RGB and the landmarks of its faces to (2H, 2W, 3)."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.embedded_peers import peers
from benchmarks.engine_upstream import Upstream
from benchmarks.gif_peers import PLACE
from benchmarks.product import weights
from benchmarks.product.outcome import NETWORKS, UPSTREAM, UPSTREAM_REALESRGAN
from pipeline.arrays import UInt8
from pipeline.networks.hardware import threads
from pipeline.networks.upstream import prepare_import
from pipeline.networks.weights.registry import REGISTRY
from pipeline.report import Measurement

Faces = list[list[list[float]]]
Enlarge = Callable[[UInt8, Faces], UInt8]
WAYS = (UPSTREAM, UPSTREAM_REALESRGAN, *NETWORKS)
TILE = 400  # px, as upstream's own script has it
_UNUSED = Measurement("clean", {}, 0.0)


def load(way: str, models: Path) -> tuple[Enlarge, dict[str, float]] | None:
    """The way, and the seconds by part that it adds up while it is used; None where it can't be had here."""
    if way in NETWORKS:
        double = peers(threads()).get(way)
        return double and (lambda rgb, _: double(rgb[None], _UNUSED)[0], {})
    background = _realesrgan(models) if way == UPSTREAM_REALESRGAN else None
    if way == UPSTREAM_REALESRGAN and background is None:
        return None
    upstream = Upstream(models / REGISTRY["GFPGANv1.4"].file, background)
    if background is not None:
        background.enhance = upstream.timed("background", background.enhance)
    return lambda rgb, faces: upstream.whole(rgb, [np.array(face, np.float32) for face in faces]), upstream.seconds


def _realesrgan(models: Path) -> Any:
    """`RealESRGANer` as upstream's `inference_gfpgan.py` makes it; None where the package can't be had."""
    place = PLACE / "python"
    if not (place / "realesrgan").exists():
        pip = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(place), "realesrgan")
        if subprocess.run(pip, check=False).returncode:
            print("not to be had: realesrgan", file=sys.stderr)
            return None
    sys.path.append(str(place))
    prepare_import()
    from realesrgan import RealESRGANer

    path, device = str(models / weights.REALESRGAN), torch.device("cpu")
    return RealESRGANer(2, path, model=weights.rrdbnet(), tile=TILE, tile_pad=10, pre_pad=0, half=False, device=device)
