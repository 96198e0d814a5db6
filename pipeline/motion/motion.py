"""How one frame moved to another, and how far that can be trusted."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.motion.flow import Estimator, Pixels, smooth_flow, warp

_RETURN_PX = 1.3  # a flow that comes back this far off is trusted at exp(-1/2); the rough way back alone is 0.5 px off
_PHOTOMETRIC = 8.0  # luma difference trusted at exp(-1), on top of the noise
_LEAST_MEAN = 0.25  # a mean confidence below this is a cut or a flash, where islands of agreement are chance

_TURNS = 2  # fixed-point steps that turn a flow round; a third moves it by less than 0.01 px


@dataclass(frozen=True, slots=True)
class Motion:
    """`flow` (H, W, 2) float32 px leads from a frame to another; `confidence` (H, W) float32 from 0 to 1."""

    flow: Float32
    confidence: Float32

    @property
    def trusted(self) -> bool:
        """Tell whether any of it may be used: False over cuts."""
        return bool(self.confidence.any())


def between(to: UInt8, frm: UInt8, estimate: Estimator = smooth_flow, noise_sigma: float = 0.0) -> Motion:
    """Return the motion with `to(x) ~ frm(x + flow(x))` of two (H, W) uint8 lumas.

    Confidence falls where forward and backward flow do not cancel, and where the warped luma differs by more than
    the source's noise `noise_sigma` (0 to 255) explains: a mouth that opens, a face that fades to black.
    """
    forward, to_half, frm_half = estimate(to, frm), _half(to), _half(frm)
    backward = estimate(frm_half, to_half)
    confidence = _confidence(to_half, frm_half, _half_flow(forward), backward, noise_sigma)
    return Motion(forward, _full(confidence, to))


def both_ways(
    to: UInt8, frm: UInt8, estimate: Estimator = smooth_flow, noise_sigma: float = 0.0
) -> tuple[Motion, Motion]:
    """Return `between(to, frm)` and `between(frm, to)` for little more than the price of one.

    The way back is the forward flow turned round: a rough one says from where, and only where both agree is it used.
    """
    forward, to_half, frm_half = estimate(to, frm), _half(to), _half(frm)
    ahead, rough = _half_flow(forward), estimate(frm_half, to_half)
    back = rough
    for _ in range(_TURNS):
        back = -warp(ahead, back, cv2.INTER_LINEAR)
    there = _confidence(to_half, frm_half, ahead, rough, noise_sigma)
    returned = _confidence(frm_half, to_half, rough, ahead, noise_sigma)
    return Motion(forward, _full(there, to)), Motion(_full(back, to) * 2, _full(returned, to))


def _confidence(to: UInt8, frm: UInt8, forward: Float32, backward: Float32, noise_sigma: float) -> Float32:
    """Return the confidence at half size; flows are in px of that size."""
    returned = 2 * (forward + warp(backward, forward, cv2.INTER_LINEAR))
    mismatch = np.square(returned[..., 0]) + np.square(returned[..., 1])
    difference = cv2.GaussianBlur(cv2.absdiff(to, warp(frm, forward, cv2.INTER_LINEAR)).astype(np.float32), (0, 0), 1)
    tolerance = _PHOTOMETRIC + 2.0 * noise_sigma
    confidence = np.exp(-mismatch / (2 * _RETURN_PX**2) - np.square(difference / tolerance))
    confidence = cv2.blur(cv2.erode(confidence, np.ones((3, 3), np.uint8)), (3, 3))
    if confidence.mean() < _LEAST_MEAN:
        confidence = np.zeros_like(confidence)
    return np.asarray(confidence, np.float32)


def _half_flow(flow: Float32) -> Float32:
    return np.asarray(_half(flow) / 2, np.float32)


def _half(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    half = cv2.resize(image, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    return np.asarray(half, image.dtype)


def _full(image: Float32, like: UInt8) -> Float32:
    height, width = like.shape
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
