"""The spread of edges in pixels, and whether it has a direction.

The 10-90 % rise distance of ISO 12233, read from the profile of each edge's gradient as far as that falls (Sun et al.
2008, "Image super-resolution using gradient profile prior"); a little smoothing holds against noise and is taken off.
Motion blur is a spread that is greater along one direction: a streak of length L adds L²/12 to the variance there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, Float32, Float64

Places = NDArray[np.intp]

RISE = 2.563  # 10-90 % rise of a Gaussian edge, in standard deviations
_MOST = 1500  # edge points of a frame
_REACH = 20  # px to each side of an edge
_TAIL = 0.05  # of the peak gradient, where an edge ends
_TURN = 0.1  # of the peak gradient: rising by this is another edge
_BORDER = 4
_FEWEST = 50
_DIRECTIONS = 12
_FEWEST_OF_DIRECTION = 12
_SHARP = 0.2  # of the edges of a direction
_SHARED = 0.5  # of the usual streak, that the sharp edges show too
_ONE_SIDED = 0.35  # of the mean variance; chance and straight-lined scenes stay below


@dataclass(frozen=True, slots=True)
class Edges:
    """Edge points (N,) float32: `rise_px` and the gradient's `direction` in radians 0 to π, x towards y (down)."""

    rise_px: Float32
    direction: Float32

    @classmethod
    def together(cls, parts: "Sequence[Edges]") -> "Edges":
        """Put the edges of several frames into one."""
        return cls(np.concatenate([p.rise_px for p in parts]), np.concatenate([p.direction for p in parts]))

    def quantile_px(self, share: float) -> float | None:
        """Return a quantile of the rise, or None where there are fewer than 50 edges."""
        return float(np.quantile(self.rise_px, share)) if len(self.rise_px) >= _FEWEST else None


@dataclass(frozen=True, slots=True)
class Streak:
    """Motion blur: its length, and its direction in degrees 0 to 180, x towards y (down).

    `least_px` is what the sharpest edges show of it: less than `length_px` where parts of the scene are soft besides.
    """

    length_px: float
    angle_deg: float
    least_px: float


def edges(grey: Float32, noise_sigma: float, smoothed_px: float = 0.0) -> Edges:
    """Find the edges of a (H, W) float32 image in 8-bit levels and the rise distance across each.

    `smoothed_px` is the standard deviation of what was done to the image already, and is taken off.
    """
    if min(grey.shape) < 2 * _BORDER + 2:
        return Edges(np.empty(0, np.float32), np.empty(0, np.float32))
    scale = 0.7 + min(1.3, noise_sigma / 15.0)
    smooth = cv2.GaussianBlur(grey, (0, 0), scale, borderType=cv2.BORDER_REPLICATE)
    gx = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5), np.float32)
    gy = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5), np.float32)
    rows, columns = np.nonzero(_crests(gx, gy, noise_sigma / scale**2 / 5.0))
    if len(rows) > _MOST:
        chosen = np.linspace(0, len(rows) - 1, _MOST).astype(int)
        rows, columns = rows[chosen], columns[chosen]
    return _across(gx, gy, rows, columns, float(np.hypot(scale, smoothed_px)))


def streak(found: Edges) -> Streak | None:
    """Fit the rise's variance over the edges' directions; None where it is the same all around, or edges are few.

    A streak widens the sharpest edges across it too: what only the usual ones show is a scene with soft parts.
    """
    bins = np.rint(found.direction / np.pi * _DIRECTIONS).astype(int) % _DIRECTIONS
    held = [b for b in range(_DIRECTIONS) if np.count_nonzero(bins == b) >= _FEWEST_OF_DIRECTION]
    if len(held) < _DIRECTIONS // 2 - 1:
        return None
    groups = [found.rise_px[bins == b] for b in held]
    angles = np.array(held) * np.pi / _DIRECTIONS
    sharp, usual = (_wave(angles, groups, share) for share in (_SHARP, 0.5))
    if sharp is None or usual is None or sharp[0] < _SHARED * usual[0]:
        return None
    return Streak(*usual, least_px=min(sharp[0], usual[0]))


def _wave(angles: Float64, groups: list[Float32], share: float) -> tuple[float, float] | None:
    """Fit a whole wave of the direction to a quantile of each group's variance: a streak's length and direction.

    None where it hardly swings.
    """
    variances = np.array([np.square(np.quantile(group, share) / RISE) for group in groups])
    weights = np.sqrt(np.minimum([len(group) for group in groups], 100))
    wave = np.stack([np.ones_like(angles), np.cos(2 * angles), np.sin(2 * angles)], axis=1)
    mean, cosine, sine = np.linalg.lstsq(wave * weights[:, None], variances * weights, rcond=None)[0]
    swing = float(np.hypot(cosine, sine))
    if swing < 1e-6 or swing < _ONE_SIDED * mean:
        return None
    return float(np.sqrt(24.0 * swing)), float(np.rad2deg(0.5 * np.arctan2(sine, cosine)) % 180.0)


def _crests(gx: Float32, gy: Float32, gradient_noise: float) -> Bool:
    """Tell the crests of the gradient, the strongest fifth and above the noise, away from the border."""
    low = max(1.5, 5.0 * gradient_noise, float(np.quantile(cv2.magnitude(gx, gy), 0.8))) * 64.0
    x, y = (np.clip(g * 64.0, -32000, 32000).astype(np.int16) for g in (gx, gy))
    found = np.asarray(cv2.Canny(x, y, low, low, L2gradient=True) > 0)
    found[:_BORDER], found[-_BORDER:], found[:, :_BORDER], found[:, -_BORDER:] = False, False, False, False
    return found


def _across(gx: Float32, gy: Float32, rows: Places, columns: Places, scale: float) -> Edges:
    """Measure the rise across the edge points, those left out that do not end within reach."""
    if not len(rows):
        return Edges(np.empty(0, np.float32), np.empty(0, np.float32))
    across, down = gx[rows, columns], gy[rows, columns]
    length = np.hypot(across, down).astype(np.float32)
    across, down = across / length, down / length
    profile = _profiles(gx, gy, rows, columns, across, down)
    middle = profile.shape[1] // 2
    right = _same_edge(profile[:, middle:])
    left = _same_edge(profile[:, middle::-1])[:, ::-1]
    kept = np.concatenate([left[:, :-1], right], axis=1)
    risen = np.cumsum(np.maximum(profile, 0) * kept, axis=1)
    risen /= risen[:, -1:]
    seen = (_place(risen, 0.9) - _place(risen, 0.1)) / 2.0
    rise = np.sqrt(np.maximum(0.0, np.square(seen) - (RISE * scale) ** 2))
    whole = ~right[:, -1] & ~left[:, 0]
    direction = np.mod(np.arctan2(down, across), np.pi)
    return Edges(rise[whole].astype(np.float32), direction[whole].astype(np.float32))


def _profiles(gx: Float32, gy: Float32, rows: Places, columns: Places, across: Float32, down: Float32) -> Float32:
    """Return the gradient along its own direction (N, 81), from 20 px before to 20 px after, every half pixel."""
    step = np.arange(-2 * _REACH, 2 * _REACH + 1, dtype=np.float32) / 2.0
    x = (columns[:, None] + across[:, None] * step).astype(np.float32)
    y = (rows[:, None] + down[:, None] * step).astype(np.float32)
    along = [cv2.remap(g, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for g in (gx, gy)]
    return np.asarray(along[0] * across[:, None] + along[1] * down[:, None], np.float32)


def _same_edge(side: Float32) -> Bool:
    """Tell how far (N, K) profiles from their peak outwards are one edge: above the tail, and not rising again."""
    peak = side[:, :1]
    lowest = np.minimum.accumulate(side, axis=1)
    falling = (side > _TAIL * peak) & (side < lowest + _TURN * peak)
    return np.asarray(np.logical_and.accumulate(falling, axis=1))


def _place(risen: Float32, level: float) -> Float32:
    """Return where (N, K) rising profiles cross `level`, between the samples."""
    after = np.argmax(risen >= level, axis=1)
    each = np.arange(len(risen))
    high, low = risen[each, after], risen[each, np.maximum(after - 1, 0)]
    return np.asarray(after - (high - level) / np.maximum(high - low, 1e-6), np.float32)
