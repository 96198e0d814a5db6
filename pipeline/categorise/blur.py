"""The spread of edges in pixels, and whether it has a direction.

The 10-90 % rise distance of ISO 12233, read from the profile of each edge's gradient as far as that falls (Sun et al.
2008, "Image super-resolution using gradient profile prior"); a little smoothing holds against noise and is taken off.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.categorise.sample import Float32

Places = NDArray[np.intp]

RISE = 2.563  # 10-90 % rise of a Gaussian edge, in standard deviations
_MOST = 1500  # edge points of a frame
_REACH = 20  # px to each side of an edge
_TAIL = 0.05  # of the peak gradient, where an edge ends
_BORDER = 4


@dataclass(frozen=True, slots=True)
class Edges:
    """Edge points (N,) float32: `rise_px`, the gradient's `direction` in radians 0 to π (x towards y), `contrast`."""

    rise_px: Float32
    direction: Float32
    contrast: Float32


def edges(grey: Float32, noise_sigma: float) -> Edges:
    """Find the edges of a (H, W) float32 image in 8-bit levels and the rise distance across each."""
    if min(grey.shape) < 2 * _BORDER + 2:
        return Edges(*(np.empty(0, np.float32),) * 3)
    scale = 0.7 + min(1.3, noise_sigma / 15.0)
    smooth = cv2.GaussianBlur(grey, (0, 0), scale, borderType=cv2.BORDER_REPLICATE)
    gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    rows, columns = np.nonzero(_crests(gx, gy, noise_sigma / scale**2 / 5.0))
    if len(rows) > _MOST:
        chosen = np.linspace(0, len(rows) - 1, _MOST).astype(int)
        rows, columns = rows[chosen], columns[chosen]
    return _measure(gx, gy, rows, columns, scale)


def _crests(gx: Float32, gy: Float32, gradient_noise: float) -> NDArray[np.bool_]:
    magnitude = cv2.magnitude(gx, gy)
    low = max(1.5, 5.0 * gradient_noise, float(np.quantile(magnitude, 0.8)))
    x, y = (np.clip(g * 64.0, -32000, 32000).astype(np.int16) for g in (gx, gy))
    found = cv2.Canny(x, y, low * 64.0, low * 64.0, L2gradient=True) > 0
    found[:_BORDER], found[-_BORDER:], found[:, :_BORDER], found[:, -_BORDER:] = False, False, False, False
    return np.asarray(found)


def _measure(gx: Float32, gy: Float32, rows: Places, columns: Places, scale: float) -> Edges:
    across, down = gx[rows, columns], gy[rows, columns]
    length = np.hypot(across, down)
    across, down = across / length, down / length
    step = np.arange(-_REACH * 2, _REACH * 2 + 1, dtype=np.float32) / 2
    x = (columns[:, None] + across[:, None] * step).astype(np.float32)
    y = (rows[:, None] + down[:, None] * step).astype(np.float32)
    profile = cv2.remap(gx, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) * across[:, None]
    profile += cv2.remap(gy, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) * down[:, None]
    mid = _REACH * 2
    peak = profile[:, mid : mid + 1]
    keep_r = np.minimum.accumulate(_falling(profile[:, mid:], peak), axis=1)
    keep_l = np.minimum.accumulate(_falling(profile[:, mid::-1], peak), axis=1)[:, ::-1]
    kept = np.concatenate([keep_l[:, :-1], keep_r], axis=1)
    total = np.cumsum(np.maximum(profile, 0) * kept, axis=1)
    share = total / total[:, -1:]
    rise = (_crossing(share, 0.9) - _crossing(share, 0.1)) / 2
    ended = ~keep_r[:, -1] & ~keep_l[:, 0]
    rise = np.sqrt(np.maximum(0, rise**2 - (RISE * scale) ** 2))
    return Edges(rise[ended], np.mod(np.arctan2(down, across), np.pi)[ended], total[ended, -1])


def _falling(side: Float32, peak: Float32) -> NDArray[np.bool_]:
    """Tell how far a profile from its peak outwards is still the same edge: above the tail, and not rising again."""
    lowest = np.minimum.accumulate(side, axis=1)
    return np.asarray((side > _TAIL * peak) & (side < lowest + 0.1 * peak))


def _crossing(share: Float32, level: float) -> Float32:
    after = np.argmax(share >= level, axis=1)
    i = np.arange(len(share))
    hi, lo = share[i, after], share[i, np.maximum(after - 1, 0)]
    return np.asarray(after - (hi - level) / np.maximum(hi - lo, 1e-6), np.float32)


def rise(grey: Float32, noise_sigma: float) -> float | None:
    """Return the median rise, or None where there are fewer than 20 edges."""
    found = edges(grey, noise_sigma)
    return float(np.median(found.rise_px)) if len(found.rise_px) >= 20 else None
