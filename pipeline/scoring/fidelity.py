"""How close one picture comes to another: PSNR, SSIM (Wang et al. 2004) and GMSD (Xue et al. 2014), computed by piq."""

from dataclasses import dataclass

import piq
import torch
from torch import Tensor

from pipeline.arrays import UInt8

SSIM_WINDOW = 11  # px
GMSD_SMALLEST = 4  # px: below it the map of gradients, which has half the size, has no inside


@dataclass(frozen=True, slots=True)
class Fidelity:
    """The scores of one picture. Equal pictures have 80 dB, an SSIM of 1 and a GMSD of 0.

    `ssim` is None where a side is shorter than 11 px, `gmsd` where it is shorter than 4 px.
    """

    psnr_db: float
    ssim: float | None
    gmsd: float | None


@torch.inference_mode()
def fidelity(reference: UInt8, image: UInt8) -> Fidelity:
    """Score an image (H, W, 3) uint8 RGB against a reference of the same size."""
    x, y, side = _in_unit_range(image), _in_unit_range(reference), min(reference.shape[:2])
    return Fidelity(
        psnr_db=float(piq.psnr(x, y)),
        # piq shrinks pictures of 384 px and more before it compares them unless told not to
        ssim=float(piq.ssim(x, y, downsample=False)) if side >= SSIM_WINDOW else None,
        gmsd=float(piq.gmsd(x, y)) if side >= GMSD_SMALLEST else None,
    )


def _in_unit_range(rgb: UInt8) -> Tensor:
    """(H, W, 3) uint8 to (1, 3, H, W) float32 in [0, 1], channels last: SSIM's convolutions take half the time so."""
    return torch.from_numpy(rgb[None]).permute(0, 3, 1, 2).float().div_(255)
