"""Loads RAFT (Teed and Deng 2020, arXiv 2003.12039) from torchvision as an `Estimator` of optical flow."""

from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.motion.flow import Estimator

_SMALLEST = 128  # px; RAFT's correlation pyramid needs it, and sides divisible by 8


def load(weights: Path | BinaryIO, size: Literal["small", "large"] = "small", device: str = "cpu") -> Estimator:
    """Return an estimator with the signature of `flow.flow`, from the file of a torchvision state dict.

    Raises FileNotFoundError if there is no such file and RuntimeError if its keys are those of another network.
    """
    import torch
    from torchvision.models.optical_flow import raft_large, raft_small

    network = {"small": raft_small, "large": raft_large}[size](weights=None)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True), strict=True)
    network = network.to(device).eval()

    def estimate(to: UInt8, frm: UInt8) -> Float32:
        height, width = to.shape
        planes = [torch.from_numpy(_padded(grey)).to(device) for grey in (to, frm)]
        inputs = [(plane.float() / 127.5 - 1.0).expand(1, 3, -1, -1) for plane in planes]
        with torch.inference_mode():
            motion = network(*inputs)[-1][0].float().cpu().numpy()
        return np.ascontiguousarray(motion.transpose(1, 2, 0)[:height, :width], np.float32)

    return estimate


def _padded(grey: UInt8) -> UInt8:
    below, beside = (max(_SMALLEST, -(-side // 8) * 8) - side for side in grey.shape)
    return np.pad(grey, ((0, below), (0, beside)), mode="edge")
