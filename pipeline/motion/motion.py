"""Estimates the motion between two frames, and how far it can be trusted at each pixel."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.motion.flow import Estimator, Pixels, luma, smooth_flow, warp

_RETURN_PX = 1.3  # a mismatch of the flows there and back by this has confidence exp(-1/2); 0.5 px of it are usual
_PHOTOMETRIC = 8.0  # luma difference, beyond the noise, at which confidence is exp(-1)
_CHROMATIC = 10.0  # the same for Cr and for Cb
_CHROMA_NOISE = 1.0  # times the noise's sigma; 2.0 in luma, but half-size chroma averages four pixels
_LEAST_MEAN = 0.25  # a lower mean confidence means a cut or a flash, where agreement in places is chance

_INVERSION_STEPS = 2  # fixed-point steps that invert a flow; a third would change it by less than 0.01 px


@dataclass(frozen=True, slots=True)
class Guide:
    """What a frame's motion is estimated on and judged by.

    Flow is computed on `grey` (H, W) uint8. Confidence is judged on `half` (ceil(H/2), ceil(W/2), 3) uint8, whose
    channels are that luma, Cr and Cb.
    """

    grey: UInt8
    half: UInt8


def guide(rgb: UInt8, noise_sigma: float = 0.0) -> Guide:
    """Return the guide of an (H, W, 3) uint8 RGB frame with noise of `noise_sigma` on the scale 0 to 255."""
    grey = luma(rgb, noise_sigma)
    half = cv2.cvtColor(_half(rgb), cv2.COLOR_RGB2YCrCb)
    return Guide(grey, np.asarray(cv2.insertChannel(_half(grey), half, 0), np.uint8))


@dataclass(frozen=True, slots=True)
class Motion:
    """`flow` (H, W, 2) float32 px leads from a frame to another; `confidence` (H, W) float32 from 0 to 1."""

    flow: Float32
    confidence: Float32

    @property
    def trusted(self) -> bool:
        """Whether any pixel can be trusted: False over cuts."""
        return bool(self.confidence.any())


def between(to: Guide, frm: Guide, estimate: Estimator = smooth_flow, noise_sigma: float = 0.0) -> Motion:
    """Return the motion between two frames' guides, with `to(x) ~ frm(x + flow(x))`.

    Confidence falls where forward and backward flow do not cancel. It also falls where the warped luma or chroma
    differs by more than the source's noise `noise_sigma` (0 to 255) explains: a mouth opens, a face fades to black, a
    backdrop turns from red to an equally bright green.
    """
    forward = estimate(to.grey, frm.grey)
    backward = estimate(_half_luma(frm), _half_luma(to))
    confidence = _confidence(to.half, frm.half, _half_flow(forward), backward, noise_sigma)
    return Motion(forward, _full(confidence, to.grey))


def both_ways(
    to: Guide, frm: Guide, estimate: Estimator = smooth_flow, noise_sigma: float = 0.0
) -> tuple[Motion, Motion]:
    """Return `between(to, frm)` and `between(frm, to)` in little more than the time of one.

    The backward flow is the forward flow inverted, starting from a half-size estimate. It is trusted only where it
    agrees with that estimate.
    """
    forward = estimate(to.grey, frm.grey)
    half_forward, half_backward = _half_flow(forward), estimate(_half_luma(frm), _half_luma(to))
    inverted = half_backward
    for _ in range(_INVERSION_STEPS):
        inverted = -warp(half_forward, inverted, cv2.INTER_LINEAR)
    confidence = _confidence(to.half, frm.half, half_forward, half_backward, noise_sigma)
    confidence_back = _confidence(frm.half, to.half, half_backward, half_forward, noise_sigma)
    backward = _full(inverted, to.grey) * 2
    return Motion(forward, _full(confidence, to.grey)), Motion(backward, _full(confidence_back, to.grey))


def _confidence(to: UInt8, frm: UInt8, forward: Float32, backward: Float32, noise_sigma: float) -> Float32:
    """Return the confidence (h, w) of a motion between two half-size guides; flows are in px of that size."""
    returned = 2 * (forward + warp(backward, forward, cv2.INTER_LINEAR))
    mismatch = np.square(returned[..., 0]) + np.square(returned[..., 1])
    difference = _difference(to, warp(frm, forward, cv2.INTER_LINEAR), noise_sigma)
    confidence = np.exp(-mismatch / (2 * _RETURN_PX**2) - difference)
    confidence = cv2.blur(cv2.erode(confidence, np.ones((3, 3), np.uint8)), (3, 3))
    if confidence.mean() < _LEAST_MEAN:
        confidence = np.zeros_like(confidence)
    return np.asarray(confidence, np.float32)


def _difference(to: UInt8, warped: UInt8, noise_sigma: float) -> Float32:
    """Return the squared difference (h, w) of two half-size guides, each channel relative to its tolerance, summed."""
    difference = cv2.GaussianBlur(cv2.absdiff(to, warped).astype(np.float32), (0, 0), 1)
    chromatic = _CHROMATIC + _CHROMA_NOISE * noise_sigma
    tolerance = np.array([_PHOTOMETRIC + 2.0 * noise_sigma, chromatic, chromatic], np.float32)
    return np.asarray(cv2.transform(np.square(difference), 1 / np.square(tolerance)[None]), np.float32)


def _half_luma(of: Guide) -> UInt8:
    return np.asarray(cv2.extractChannel(of.half, 0), np.uint8)


def _half_flow(flow: Float32) -> Float32:
    return np.asarray(_half(flow) / 2, np.float32)


def _half(image: Pixels) -> Pixels:
    height, width = image.shape[:2]
    half = cv2.resize(image, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    return np.asarray(half, image.dtype)


def _full(image: Float32, like: UInt8) -> Float32:
    height, width = like.shape
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
