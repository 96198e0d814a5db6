"""A restored face back into its picture, at the output's scale, without a visible border."""

import cv2
import numpy as np

from pipeline.arrays import Float32, Float64, UInt8
from pipeline.faces.align import SIDE
from pipeline.faces.mask import static

COLOUR_SIDE = 64  # px: colours are compared on a small copy of the crop
COLOUR_SIGMA = 6.0  # px of that copy, 48 px of the crop: coarser than features, finer than the light across a face
UNTOUCHED = 1.0  # mean difference in 8-bit steps from which the restoration counts in full


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

    `face` and `source_crop` are (512, 512, 3) uint8 RGB, aligned by `to_face` (2, 3) out of the picture before it was
    scaled by `scale`; `weight` in [0, 1] fades the face; `mask` (512, 512) float32 replaces the static one.
    With the source's crop the face takes over its low frequencies, so that the border does not show, and a face that
    the restorer left as it was leaves the background as it was.
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
    out = background.copy()
    out[top:bottom, left:right] = np.clip(under + alpha * change + 0.5, 0, 255).astype(np.uint8)
    return out


def at_scale(to_face: Float64, scale: float) -> Float64:
    """The matrix from the upscaled picture to the face: pixel centres stay where they are in the scene."""
    scaled = to_face.copy()
    scaled[:, :2] /= scale
    scaled[:, 2] += to_face[:, :2] @ np.full(2, 0.5 / scale - 0.5)
    return scaled


def bounds(to_face: Float64, width: int, height: int) -> tuple[int, int, int, int] | None:
    """The part (left, top, right, bottom) of a picture that the face covers, or None where it lies outside."""
    corners = np.array([[0, 0], [SIDE, 0], [0, SIDE], [SIDE, SIDE]], np.float64)
    back = cv2.invertAffineTransform(to_face)
    points = corners @ back[:, :2].T + back[:, 2]
    left, top = np.maximum(np.floor(points.min(0)), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(points.max(0)) + 1, (width, height)).astype(int).tolist()
    return (left, top, right, bottom) if left < right and top < bottom else None


def _replacement(
    face: UInt8, source_crop: UInt8 | None, to_face: Float64, size: tuple[int, int], under: Float32
) -> Float32:
    """What to add to the background in place: (h, w, 3) float32.

    A real restoration replaces the background. Near an unchanged face only the difference face − source is added:
    the crop's resampling must not blur what nobody restored.
    """
    wanted = face.astype(np.float32)
    if source_crop is None:
        return np.asarray(_warp(wanted, to_face, size) - under, np.float32)
    difference = wanted - source_crop
    touched = min(float(np.abs(difference).mean()) / UNTOUCHED, 1.0)
    difference -= _low_frequencies(difference, to_face, size)
    if touched == 0:
        return np.zeros_like(under)
    added = _warp(difference, to_face, size)
    kept = _warp(source_crop.astype(np.float32), to_face, size) - under
    return np.asarray(added + touched * kept, np.float32)


def _low_frequencies(difference: Float32, to_face: Float64, size: tuple[int, int]) -> Float32:
    """The smooth part of a difference, taken only from where the crop lies inside the picture."""
    shrink = COLOUR_SIDE / SIDE
    to_small = to_face * shrink
    to_small[:, 2] += 0.5 * shrink - 0.5
    inside = cv2.warpAffine(np.ones(size[::-1], np.float32), to_small, (COLOUR_SIDE, COLOUR_SIDE))
    small = cv2.resize(difference, (COLOUR_SIDE, COLOUR_SIDE), interpolation=cv2.INTER_AREA)
    weighted = cv2.GaussianBlur(small * inside[..., None], (0, 0), COLOUR_SIGMA)
    smooth = weighted / np.maximum(cv2.GaussianBlur(inside, (0, 0), COLOUR_SIGMA), 1e-3)[..., None]
    return np.asarray(cv2.resize(smooth, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.float32)


def _opacity(mask: Float32, to_face: Float64, size: tuple[int, int]) -> Float32:
    """The mask at the picture's pixels (h, w, 1), exactly 0 wherever a pixel's centre lies outside of the crop."""
    mask = _averaged(mask, to_face).copy()
    mask[[0, -1], :] = mask[:, [0, -1]] = 0
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(mask, to_face, size, flags=flags)[..., None], np.float32)


def _warp(image: Float32, to_face: Float64, size: tuple[int, int]) -> Float32:
    """Sample the crop at the picture's pixels, 0 outside of the crop; averaged where the crop is finer."""
    image = _averaged(image, to_face)
    flags = (cv2.INTER_CUBIC if _fineness(to_face) < 1 else cv2.INTER_LINEAR) | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(image, to_face, size, flags=flags), np.float32)


def _averaged(image: Float32, to_face: Float64) -> Float32:
    fineness = _fineness(to_face)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.45 * fineness), np.float32) if fineness > 1.5 else image


def _fineness(to_face: Float64) -> float:
    return float(np.sqrt(abs(np.linalg.det(to_face[:, :2]))))
