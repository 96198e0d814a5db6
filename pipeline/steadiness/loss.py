"""The temporal loss: the warping error of Lai et al. 2018 (arXiv 1808.00449), called T-MSE."""

import cv2
import numpy as np

from pipeline.arrays import Bool, Float32, UInt8
from pipeline.motion.flow import Estimator, flow, luma, occluded, warp


def warping_error(source: UInt8, frames: UInt8, estimate: Estimator = flow) -> float | None:
    """Return the mean of `warping_error_pair` over the clip's pairs, or None if no pair has one (as with T = 1).

    `source` and `frames` are (T, H, W, 3) uint8 sRGB. A frozen or blurred clip scores as low as a steady
    one, so compare with the source's own value and the sharpness.
    """
    _require_same_shape(source, frames)
    pairs = range(1, len(source))
    errors = [warping_error_pair(source[i - 1], source[i], frames[i - 1], frames[i], estimate) for i in pairs]
    valid_errors = [error for error in errors if error is not None]
    return float(np.mean(valid_errors)) if valid_errors else None


def warping_error_pair(
    source_prev: UInt8, source_next: UInt8, out_prev: UInt8, out_next: UInt8, estimate: Estimator = flow
) -> float | None:
    """Return the mean squared difference of `out_next` and `out_prev` warped to it, on images in [0, 1].

    All are (H, W, 3) uint8 sRGB. Flow and occlusion come from the source. Occluded pixels do not count; the result
    is None if all are occluded. The warp is bilinear, as in the paper.
    """
    _require_same_shape(source_next, out_next)
    before, after = luma(source_prev), luma(source_next)
    forward = estimate(after, before)
    seen = ~occluded(forward, estimate(before, after))
    return masked_error(out_prev, out_next, forward, seen)


def masked_error(out_prev: UInt8, out_next: UInt8, forward: Float32, seen: Bool) -> float | None:
    """Return the warping error over the pixels of the mask `seen` (H, W) bool, for a given flow."""
    count = int(np.count_nonzero(seen))
    if not count:
        return None
    warped = warp(out_prev.astype(np.float32), forward, cv2.INTER_LINEAR)
    squared = cv2.norm(out_next.astype(np.float32), warped, cv2.NORM_L2SQR, seen.view(np.uint8))
    return float(squared / (count * out_next.shape[-1] * 255.0**2))


def _require_same_shape(source: UInt8, frames: UInt8) -> None:
    if source.shape != frames.shape:
        raise ValueError(f"source {source.shape} and frames {frames.shape} differ in shape")
