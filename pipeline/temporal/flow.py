"""Optical flow on the luma, warping along it, and where it can't be trusted.

Flow is DIS (Kroeger et al. 2016, arXiv 1603.03590) unless an `Estimator` such as RAFT is handed in.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]
Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Estimator = Callable[[UInt8, UInt8], Float32]
Pixels = TypeVar("Pixels", UInt8, Float32)

_SMALLEST = 16  # DIS raises on sides under its patch of 8 and its first pyramid step
_LARGEST_BLUR = 2.0  # px; more blur than this loses eyelids and lips, whatever the noise


def luma(rgb: UInt8, noise_sigma: float = 0.0) -> UInt8:
    """Return the (H, W) uint8 luma of an (H, W, 3) uint8 RGB frame, denoised for the flow only.

    `noise_sigma` is the source's noise on the scale 0 to 255, dither included.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    blur = min(noise_sigma / 8.0, _LARGEST_BLUR)
    if blur >= 0.3:
        grey = cv2.GaussianBlur(grey, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(grey, np.uint8)


def flow(to: UInt8, frm: UInt8) -> Float32:
    """Return the (H, W, 2) float32 flow in px (x, y) with `to(x) ~ frm(x + flow(x))`, of two (H, W) uint8 lumas."""
    height, width = to.shape
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    found = dis.calc(_padded(to), _padded(frm), np.empty(0, np.float32))
    return np.ascontiguousarray(found[:height, :width], np.float32)


def _padded(grey: UInt8) -> UInt8:
    height, width = grey.shape
    below, beside = max(0, _SMALLEST - height), max(0, _SMALLEST - width)
    return np.pad(grey, ((0, below), (0, beside)), mode="edge") if below or beside else np.ascontiguousarray(grey)


def warp(image: Pixels, flow: Float32, interpolation: int = cv2.INTER_LANCZOS4) -> Pixels:
    """Return `image(x + flow(x))`: (H, W) or (H, W, C), uint8 or float32, as given.

    Beyond its border an image goes on with its edge pixels, so no black comes in.
    """
    height, width = flow.shape[:2]
    columns, rows = _grid(height, width)
    across, down = columns + flow[..., 0], rows + flow[..., 1]
    warped = cv2.remap(image, across, down, interpolation, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, image.dtype)


def occluded(forward: Float32, backward: Float32) -> Bool:
    """Return (H, W) bool, True where `forward` and the warped `backward` do not cancel (Sundaram et al. 2010)."""
    returned = warp(backward, forward, cv2.INTER_LINEAR)
    mismatch = np.square(forward + returned).sum(axis=-1)
    length = np.square(forward).sum(axis=-1) + np.square(returned).sum(axis=-1)
    return np.asarray(mismatch > 0.01 * length + 0.5)


@lru_cache(maxsize=4)
def _grid(height: int, width: int) -> tuple[Float32, Float32]:
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return columns, rows
