"""Enlarges the background by Real-ESRGAN (Wang et al. 2021, arXiv 2107.10833), which takes long."""

from collections.abc import Callable

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipeline.arrays import UInt8
from pipeline.errors import OutOfMemory
from pipeline.networks.memory import out_of_memory
from pipeline.networks.upstream import prepare_import
from pipeline.networks.weights.checkpoint import fill, read
from pipeline.networks.weights.registry import REGISTRY, Weights
from pipeline.settings import Models

WEIGHTS = REGISTRY["RealESRGAN_x2plus"]
SCALE = 2
TILE = 256  # px of the input; memory is bounded by one tile
OVERLAP = 12  # px of context on each side of a tile, cut off again

Upscaler = Callable[[UInt8, int], UInt8]


def realesrgan(models: Models, device: str = "cpu", weights: Weights = WEIGHTS) -> Upscaler:
    """Return a function that enlarges (H, W, 3) uint8 RGB by a scale s to (sH, sW, 3).

    The network doubles; other scales are resampled from that. Raises WeightsMissing and WeightsWrong; the returned
    function raises OutOfMemory.
    """
    prepare_import()
    from basicsr.archs.rrdbnet_arch import RRDBNet

    tensors = read(weights, models)
    with torch.device("meta"):
        network = RRDBNet(num_in_ch=3, num_out_ch=3, num_feat=64, num_block=23, num_grow_ch=32, scale=SCALE)
    fill(network, tensors, weights.name)
    network.eval().to(device)

    def upscale(rgb: UInt8, scale: int) -> UInt8:
        doubled = double(rgb, network, device)
        if scale == SCALE:
            return doubled
        size = (rgb.shape[1] * scale, rgb.shape[0] * scale)
        interpolation = cv2.INTER_AREA if scale < SCALE else cv2.INTER_LANCZOS4
        return np.asarray(cv2.resize(doubled, size, interpolation=interpolation), np.uint8)

    return upscale


@torch.inference_mode()
def double(rgb: UInt8, network: nn.Module, device: str, tile: int = TILE) -> UInt8:
    """Double a picture (H, W, 3) uint8 RGB to (2H, 2W, 3), tile by tile."""
    height, width = rgb.shape[:2]
    # the network folds 2×2 pixels into channels first, so every tile has even sides
    padded = np.pad(rgb, ((OVERLAP, OVERLAP + height % 2), (OVERLAP, OVERLAP + width % 2), (0, 0)), mode="symmetric")
    out = np.empty((SCALE * (height + height % 2), SCALE * (width + width % 2), 3), np.uint8)
    for y in range(0, height, tile):
        for x in range(0, width, tile):
            part = padded[y : y + tile + 2 * OVERLAP, x : x + tile + 2 * OVERLAP]
            inner = _run(part, network, device)[SCALE * OVERLAP : -SCALE * OVERLAP, SCALE * OVERLAP : -SCALE * OVERLAP]
            out[SCALE * y : SCALE * y + len(inner), SCALE * x : SCALE * x + inner.shape[1]] = inner
    return out[: SCALE * height, : SCALE * width]


def _run(part: UInt8, network: nn.Module, device: str) -> UInt8:
    x = torch.from_numpy(np.ascontiguousarray(part)).to(device).permute(2, 0, 1)[None].float().div(255)
    try:
        picture: Tensor = network(x)[0]
    except (RuntimeError, MemoryError) as error:
        if out_of_memory(error):
            raise OutOfMemory("there is no memory for Real-ESRGAN: set `background: classic`") from error
        raise
    return picture.clamp(0, 1).mul(255).round().byte().permute(1, 2, 0).cpu().numpy()
