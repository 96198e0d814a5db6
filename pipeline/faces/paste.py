"""Pastes a restored face into the enlarged picture without a visible border."""

import cv2
import numpy as np

from pipeline.arrays import Float32, Float64, UInt8
from pipeline.faces.align import SIDE
from pipeline.faces.mask import static

COLOUR_SIDE = 64  # px: colours are compared on a small copy of the crop
COLOUR_SIGMA = 6.0  # px of that copy, 48 px of the crop: coarser than features, finer than light across a face
UNTOUCHED = 1.0  # mean difference in 8-bit steps; from here on, the restoration counts in full


def paste(
    background: UInt8,
    face: UInt8,
    source_crop: UInt8 | None,
    to_face: Float64,
    scale: float,
    weight: float = 1.0,
    mask: Float32 | None = None,
) -> UInt8:
    """Return a copy of the background (sH, sW, 3) uint8 RGB with the restored face in it.

    `face` and `source_crop` are (512, 512, 3) uint8 RGB; `to_face` (2, 3) aligned them, from the picture before it was
    enlarged by `scale`. `weight` in [0, 1] fades the face. `mask` (512, 512) float32 replaces the static mask.
    If there is a `source_crop`, the face takes its low frequencies, so that no border shows, and a face that the
    restorer did not change leaves the background unchanged.
    """
    out_to_face = at_scale(to_face, scale)
    box = bounds(out_to_face, background.shape[1], background.shape[0])
    if box is None or weight <= 0:
        return background.copy()
    left, top, right, bottom = box
    local = out_to_face.copy()
    local[:, 2] += out_to_face[:, :2] @ (left, top)
    size = (right - left, bottom - top)
    under = background[top:bottom, left:right].astype(np.float32)
    alpha = _opacity(static() if mask is None else mask, local, size) * np.float32(weight)
    change = _replacement(face, source_crop, local, size, under)
    result = background.copy()
    result[top:bottom, left:right] = np.clip(under + alpha * change + 0.5, 0, 255).astype(np.uint8)
    return result


def at_scale(to_face: Float64, scale: float) -> Float64:
    """Return the matrix from the enlarged picture to the face; pixel centres keep their place in the scene."""
    scaled = to_face.copy()
    scaled[:, :2] /= scale
    scaled[:, 2] += to_face[:, :2] @ np.full(2, 0.5 / scale - 0.5)
    return scaled


def bounds(to_face: Float64, width: int, height: int) -> tuple[int, int, int, int] | None:
    """Return the part (left, top, right, bottom) of a picture that the face covers, or None if it is outside."""
    corners = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]], np.float64)
    back = cv2.invertAffineTransform(to_face)
    points = corners @ back[:, :2].T + back[:, 2]
    left, top = np.maximum(np.floor(points.min(0)), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(points.max(0)) + 1, (width, height)).astype(int).tolist()
    return (left, top, right, bottom) if left < right and top < bottom else None


def _replacement(
    face: UInt8, source_crop: UInt8 | None, to_face: Float64, size: tuple[int, int], under: Float32
) -> Float32:
    """Return what to add to the background to paste the face: (h, w, 3) float32.

    A face that was really restored replaces the background. For an almost unchanged face only the difference between
    face and source is added, because resampling the crop would blur a background that nobody restored.
    """
    target = face.astype(np.float32)
    if source_crop is None:
        return np.asarray(_warp(target, to_face, size) - under, np.float32)
    difference = target - source_crop
    touched = min(float(np.abs(difference).mean()) / UNTOUCHED, 1.0)
    difference -= _low_frequencies(difference, to_face, size)
    if touched == 0:
        return np.zeros_like(under)
    added = _warp(difference, to_face, size)
    resampling = _warp(source_crop.astype(np.float32), to_face, size) - under
    return np.asarray(added + touched * resampling, np.float32)


def _low_frequencies(difference: Float32, to_face: Float64, size: tuple[int, int]) -> Float32:
    """Return the smooth part of a difference, measured only where the crop lies inside the picture."""
    shrink = COLOUR_SIDE / SIDE
    to_small = to_face * shrink
    to_small[:, 2] += 0.5 * shrink - 0.5
    inside = cv2.warpAffine(np.ones(size[::-1], np.float32), to_small, (COLOUR_SIDE, COLOUR_SIDE))
    small = cv2.resize(difference, (COLOUR_SIDE, COLOUR_SIDE), interpolation=cv2.INTER_AREA)
    weighted = cv2.GaussianBlur(small * inside[..., None], (0, 0), COLOUR_SIGMA)
    smooth = weighted / np.maximum(cv2.GaussianBlur(inside, (0, 0), COLOUR_SIGMA), 1e-3)[..., None]
    return np.asarray(cv2.resize(smooth, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.float32)


def _opacity(mask: Float32, to_face: Float64, size: tuple[int, int]) -> Float32:
    """Return the mask at the picture's pixels (h, w, 1), exactly 0 if a pixel's centre lies outside the crop."""
    mask = _averaged(mask, to_face).copy()
    mask[[0, -1], :] = mask[:, [0, -1]] = 0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(mask, to_face, size, flags=flags)[..., None], np.float32)


def _warp(image: Float32, to_face: Float64, size: tuple[int, int]) -> Float32:
    """Sample the crop at the picture's pixels, 0 outside the crop; blur it first if its pixels are finer."""
    image = _averaged(image, to_face)
    flags = (cv2.INTER_CUBIC if _fineness(to_face) < 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, to_face, size, flags=flags), np.float32)


def _averaged(image: Float32, to_face: Float64) -> Float32:
    fineness = _fineness(to_face)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.45 * fineness), np.float32) if fineness > 1.5 else image


def _fineness(to_face: Float64) -> float:
    return float(np.sqrt(abs(np.linalg.det(to_face[:, :2]))))
