"""The paste mask of upstream GFPGAN: facexlib's ParseNet classifies each pixel of a restored face."""

from collections.abc import Callable

import cv2
import numpy as np
import torch

from pipeline.arrays import Float32, UInt8
from pipeline.faces.align import SIDE
from pipeline.networks.upstream import prepare_import
from pipeline.networks.weights.checkpoint import fill, read
from pipeline.networks.weights.registry import REGISTRY, Weights
from pipeline.settings import Models

WEIGHTS = REGISTRY["ParseNet"]

# facexlib's choice of ParseNet's 19 classes: the face, but not its hair, background, clothes or jewellery
FACE = np.array([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0], np.float32)
BLUR_SIGMA = 11.0
BORDER = 10

Masker = Callable[[UInt8], Float32]


def parsenet(models: Models, device: str = "cpu", weights: Weights = WEIGHTS) -> Masker:
    """Return a function from a restored face (512, 512, 3) uint8 RGB to its mask (512, 512) float32 in [0, 1].

    Raises WeightsMissing, WeightsWrong.
    """
    prepare_import()
    from facexlib.parsing.parsenet import ParseNet

    tensors = read(weights, models)
    network = ParseNet(in_size=SIDE, out_size=SIDE, parsing_ch=len(FACE))
    fill(network, tensors, weights.name)
    network.eval().to(device)

    @torch.inference_mode()
    def mask(face: UInt8) -> Float32:
        x = torch.from_numpy(face).to(device).permute(2, 0, 1)[None].float().div(127.5).sub(1)
        classes = network(x)[0].argmax(1)[0].cpu().numpy()
        return softened(FACE[classes])

    return mask


def softened(mask: Float32) -> Float32:
    """Blur and clear the border as facexlib's `paste_faces_to_input_image` does."""
    for _ in range(2):
        mask = np.asarray(cv2.GaussianBlur(mask, (101, 101), BLUR_SIGMA), np.float32)
    mask[:BORDER] = mask[-BORDER:] = 0
    mask[:, :BORDER] = mask[:, -BORDER:] = 0
    return mask
