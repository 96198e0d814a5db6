"""Optical flow on the luma, warping along it, and occlusion.

Flow is DIS (Kroeger et al. 2016, arXiv 1603.03590), unless the caller passes another `Estimator` such as RAFT.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

import cv2
import numpy as np

from pipeline.arrays import Bool, Float32, UInt8

Estimator = Callable[[UInt8, UInt8], Float32]
Pixels = TypeVar("Pixels", UInt8, Float32)

_SMALLEST = 16  # px; DIS raises an error for sides shorter than its patch of 8 px and its first pyramid step
_MOST_KEPT = 3  # for full size, half size and the metric; the buffers of one take 10 MB at 512x512
_LARGEST_BLUR = 2.0  # px; a stronger blur loses eyelids and lips


def luma(rgb: UInt8, noise_sigma: float = 0.0) -> UInt8:
    """Return the (H, W) uint8 luma of an (H, W, 3) uint8 RGB frame, blurred as the noise requires, for the flow only.

    `noise_sigma` is the source's noise on the scale 0 to 255, dither included.
    """
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    blur = min(noise_sigma / 8.0, _LARGEST_BLUR)
    if blur >= 0.3:
        grey = cv2.GaussianBlur(grey, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(grey, np.uint8)


def flow(to: UInt8, frm: UInt8) -> Float32:
    """Return the (H, W, 2) float32 flow in px (x, y) with `to(x) ~ frm(x + flow(x))`, of two (H, W) uint8 lumas.

    It is DIS with OpenCV's preset MEDIUM; our T-MSE is defined by it.
    """
    return _compute_flow(to, frm, _MEDIUM)


def smooth_flow(to: UInt8, frm: UInt8) -> Float32:
    """Return a smoother flow than `flow`, in less time: fewer steps of descent, more variational refinement.

    Descent follows the noise of a blurred source. What is carried along this flow is steadier by other flows too.
    """
    return _compute_flow(to, frm, _SMOOTH)


@dataclass(frozen=True, slots=True)
class _Dis:
    """Stride of the patches in px, steps of gradient descent of each, iterations of the variational refinement."""

    stride: int
    descent: int
    refinement: int


_MEDIUM = _Dis(3, 25, 5)
_SMOOTH = _Dis(4, 3, 10)


def _compute_flow(to: UInt8, frm: UInt8, options: _Dis) -> Float32:
    height, width = to.shape
    padded = _padded(to)
    flow = _dis(padded.shape, options).calc(padded, _padded(frm), np.empty(0, np.float32))
    return np.ascontiguousarray(flow[:height, :width], np.float32)


_per_thread = threading.local()  # threads can't share a DIS and its buffers; a new one takes half as long again


def _dis(shape: tuple[int, ...], options: _Dis) -> cv2.DISOpticalFlow:
    """Return this thread's DIS for images of `shape`; only the last few used are kept."""
    by_shape: dict[tuple[tuple[int, ...], _Dis], cv2.DISOpticalFlow] = _per_thread.__dict__.setdefault("by_shape", {})
    dis = by_shape.pop((shape, options), None) or cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    # Set each time: on small images `calc` changes these permanently, and the next pair would get a different flow.
    dis.setFinestScale(1)
    dis.setPatchSize(8)
    dis.setPatchStride(options.stride)
    dis.setGradientDescentIterations(options.descent)
    dis.setVariationalRefinementIterations(options.refinement)
    by_shape[shape, options] = dis
    if len(by_shape) > _MOST_KEPT:
        del by_shape[next(iter(by_shape))]
    return dis


def _padded(grey: UInt8) -> UInt8:
    height, width = grey.shape
    below, beside = max(0, _SMALLEST - height), max(0, _SMALLEST - width)
    return np.pad(grey, ((0, below), (0, beside)), mode="edge") if below or beside else np.ascontiguousarray(grey)


def warp(image: Pixels, flow: Float32, interpolation: int = cv2.INTER_LANCZOS4) -> Pixels:
    """Return `image(x + flow(x))`: (H, W) or (H, W, C), uint8 or float32, as given.

    Beyond the border the edge pixels are repeated, so that no black comes in.
    """
    warped = cv2.remap(image, *_sample_positions(flow), interpolation, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, image.dtype)


def warp_rgb(image: Float32, flow: Float32) -> Float32:
    """Return `image(x + flow(x))`, (H, W, 3) float32 RGB: Lanczos for luma, cubic for colour, in half the time."""
    fixed = cv2.convertMaps(*_sample_positions(flow), cv2.CV_16SC2)
    warped = cv2.remap(image, *fixed, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    fine = cv2.remap(grey, *fixed, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
    fine = cv2.subtract(fine, cv2.cvtColor(warped, cv2.COLOR_RGB2GRAY, grey), fine)
    return np.asarray(cv2.add(warped, repeat_rgb(np.asarray(fine, np.float32)), warped), np.float32)


def repeat_rgb(plane: Float32) -> Float32:
    """Repeat an (H, W) float32 plane for three colours (H, W, 3): faster with OpenCV than NumPy's broadcasting."""
    return np.asarray(cv2.merge((plane, plane, plane)), np.float32)


def _sample_positions(flow: Float32) -> tuple[Float32, Float32]:
    columns, rows = _grid(*flow.shape[:2])
    return columns + flow[..., 0], rows + flow[..., 1]


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
