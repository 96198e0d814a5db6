"""How one frame moved to another, and how far that can be trusted."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.temporal.flow import Estimator, Float32, UInt8, flow, warp

_RETURN_PX = 0.75  # a flow that comes back this far off is trusted at exp(-1/2)
_PHOTOMETRIC = 8.0  # luma difference trusted at exp(-1), on top of the noise
_LEAST_MEAN = 0.25  # a mean confidence below this is a cut or a flash, where islands of agreement are chance


@dataclass(frozen=True, slots=True)
class Motion:
    """`flow` (H, W, 2) float32 px leads from a frame to another; `confidence` (H, W) float32 from 0 to 1."""

    flow: Float32
    confidence: Float32

    @property
    def trusted(self) -> bool:
        """Tell whether any of it may be used: False over cuts."""
        return bool(self.confidence.any())


def between(to: UInt8, frm: UInt8, estimate: Estimator = flow, noise_sigma: float = 0.0) -> Motion:
    """Return the motion with `to(x) ~ frm(x + flow(x))` of two (H, W) uint8 lumas.

    Confidence falls where forward and backward flow do not cancel, and where the warped luma differs by more than
    the source's noise `noise_sigma` (0 to 255) explains: a mouth that opens, a face that fades to black.
    """
    forward, backward = estimate(to, frm), estimate(frm, to)
    return Motion(forward, _confidence(to, frm, forward, backward, noise_sigma))


def both_ways(to: UInt8, frm: UInt8, estimate: Estimator = flow, noise_sigma: float = 0.0) -> tuple[Motion, Motion]:
    """Return `between(to, frm)` and `between(frm, to)` for the price of one."""
    forward, backward = estimate(to, frm), estimate(frm, to)
    there = Motion(forward, _confidence(to, frm, forward, backward, noise_sigma))
    return there, Motion(backward, _confidence(frm, to, backward, forward, noise_sigma))


def _confidence(to: UInt8, frm: UInt8, forward: Float32, backward: Float32, noise_sigma: float) -> Float32:
    returned = forward + warp(backward, forward, cv2.INTER_LINEAR)
    mismatch = np.square(returned[..., 0]) + np.square(returned[..., 1])
    difference = cv2.GaussianBlur(cv2.absdiff(to, warp(frm, forward, cv2.INTER_LINEAR)).astype(np.float32), (0, 0), 2)
    tolerance = _PHOTOMETRIC + 2.0 * noise_sigma
    confidence = np.exp(-mismatch / (2 * _RETURN_PX**2) - np.square(difference / tolerance))
    confidence = cv2.blur(cv2.erode(confidence, np.ones((5, 5), np.uint8)), (7, 7))
    if confidence.mean() < _LEAST_MEAN:
        confidence = np.zeros_like(confidence)
    return np.asarray(confidence, np.float32)
