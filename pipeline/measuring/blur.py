"""Measures how wide edges are, in pixels, and whether they are wider in one direction.

The width is the 10-90 % rise distance of ISO 12233. It is read from the profile of each edge's gradient, as far as the
profile falls (Sun et al. 2008, "Image super-resolution using gradient profile prior"). A little smoothing suppresses
noise; its width is subtracted again. Motion blur widens edges along one direction: a streak of length L adds L²/12 to
the variance there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, Float32, Float64

Places = NDArray[np.intp]

RISE = 2.563  # 10-90 % rise of a Gaussian edge, in standard deviations
_MAX_POINTS = 1500  # of the edges of one frame
_REACH = 20  # px to each side of an edge
_TAIL = 0.05  # of the peak gradient, where an edge ends
_TURN = 0.1  # of the peak gradient: rising by this is another edge
_BORDER = 4
_MIN_EDGES = 50
_DIRECTIONS = 12
_MIN_EDGES_PER_DIRECTION = 12
_SHARP = 0.2  # of the edges of a direction
_SHARED = 0.5  # of the median streak, which the sharp edges must show too
_DIRECTIONAL = 0.35  # of the mean variance; chance and scenes of straight lines stay below


@dataclass(frozen=True, slots=True)
class Edges:
    """Edge points (N,) float32: `rise_px`, and the gradient's `direction` in radians 0 to π, x towards y (down)."""

    rise_px: Float32
    direction: Float32

    @classmethod
    def together(cls, parts: "Sequence[Edges]") -> "Edges":
        """Join the edges of several frames."""
        return cls(np.concatenate([p.rise_px for p in parts]), np.concatenate([p.direction for p in parts]))

    def quantile_px(self, share: float) -> float | None:
        """Return a quantile of the rise, or None if there are fewer than 50 edges."""
        return float(np.quantile(self.rise_px, share)) if len(self.rise_px) >= _MIN_EDGES else None


@dataclass(frozen=True, slots=True)
class Streak:
    """Motion blur: its length, and its direction in degrees 0 to 180, from x towards y (down).

    `least_px` is the length that the sharpest edges show. It is below `length_px` if parts of the scene are soft too.
    """

    length_px: float
    angle_deg: float
    least_px: float


def edges(grey: Float32, noise_sigma: float, smoothed_px: float = 0.0) -> Edges:
    """Find the edges of a (H, W) float32 image in 8-bit levels and the rise distance across each.

    `smoothed_px` is the standard deviation of earlier smoothing of the image; it is subtracted from the rise.
    """
    if min(grey.shape) < 2 * _BORDER + 2:
        return Edges(np.empty(0, np.float32), np.empty(0, np.float32))
    scale = 0.7 + min(1.3, noise_sigma / 15.0)
    smooth = cv2.GaussianBlur(grey, (0, 0), scale, borderType=cv2.BORDER_REPLICATE)
    gx = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=1, scale=0.5), np.float32)
    gy = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=1, scale=0.5), np.float32)
    rows, columns = np.nonzero(_crests(gx, gy, noise_sigma / scale**2 / 5.0))
    if len(rows) > _MAX_POINTS:
        chosen = np.linspace(0, len(rows) - 1, _MAX_POINTS).astype(int)
        rows, columns = rows[chosen], columns[chosen]
    return _measure_rise(gx, gy, rows, columns, float(np.hypot(scale, smoothed_px)))


def streak(edges: Edges) -> Streak | None:
    """Fit the variance of the rise over the edges' directions; None if all directions are alike or edges are few.

    A streak widens the sharpest edges across it too. If only the median edges are wider, the scene has soft parts.
    """
    bins = np.rint(edges.direction / np.pi * _DIRECTIONS).astype(int) % _DIRECTIONS
    measured_bins = [b for b in range(_DIRECTIONS) if np.count_nonzero(bins == b) >= _MIN_EDGES_PER_DIRECTION]
    if len(measured_bins) < _DIRECTIONS // 2 - 1:
        return None
    groups = [edges.rise_px[bins == b] for b in measured_bins]
    angles = np.array(measured_bins) * np.pi / _DIRECTIONS
    sharp, median = (_fit_wave(angles, groups, share) for share in (_SHARP, 0.5))
    if sharp is None or median is None or sharp[0] < _SHARED * median[0]:
        return None
    return Streak(*median, least_px=min(sharp[0], median[0]))


def _fit_wave(angles: Float64, groups: list[Float32], share: float) -> tuple[float, float] | None:
    """Fit a sine of twice the angle to a quantile of each group's variance; return a streak's length and direction.

    None if the amplitude is small.
    """
    variances = np.array([np.square(np.quantile(group, share) / RISE) for group in groups])
    weights = np.sqrt(np.minimum([len(group) for group in groups], 100))
    wave = np.stack([np.ones_like(angles), np.cos(2 * angles), np.sin(2 * angles)], axis=1)
    mean, cosine, sine = np.linalg.lstsq(wave * weights[:, None], variances * weights, rcond=None)[0]
    swing = float(np.hypot(cosine, sine))
    if swing < 1e-6 or swing < _DIRECTIONAL * mean:
        return None
    return float(np.sqrt(24.0 * swing)), float(np.rad2deg(0.5 * np.arctan2(sine, cosine)) % 180.0)


def _crests(gx: Float32, gy: Float32, gradient_noise: float) -> Bool:
    """Mark the crests of the gradient (H, W): above the noise, in the strongest fifth, away from the border."""
    low = max(1.5, 5.0 * gradient_noise, float(np.quantile(cv2.magnitude(gx, gy), 0.8))) * 64.0
    x, y = (np.clip(g * 64.0, -32000, 32000).astype(np.int16) for g in (gx, gy))
    crests = np.asarray(cv2.Canny(x, y, low, low, L2gradient=True) > 0)
    crests[:_BORDER], crests[-_BORDER:], crests[:, :_BORDER], crests[:, -_BORDER:] = False, False, False, False
    return crests


def _measure_rise(gx: Float32, gy: Float32, rows: Places, columns: Places, scale: float) -> Edges:
    """Measure the rise across the edge points; leave out edges that do not end within reach."""
    if not len(rows):
        return Edges(np.empty(0, np.float32), np.empty(0, np.float32))
    across, down = gx[rows, columns], gy[rows, columns]
    length = np.hypot(across, down).astype(np.float32)
    across, down = across / length, down / length
    profile = _profiles(gx, gy, rows, columns, across, down)
    middle = profile.shape[1] // 2
    right = _same_edge(profile[:, middle:])
    left = _same_edge(profile[:, middle::-1])[:, ::-1]
    belongs = np.concatenate([left[:, :-1], right], axis=1)
    risen = np.cumsum(np.maximum(profile, 0) * belongs, axis=1)
    risen /= risen[:, -1:]
    smoothed_rise = (_crossing(risen, 0.9) - _crossing(risen, 0.1)) / 2.0
    rise = np.sqrt(np.maximum(0.0, np.square(smoothed_rise) - (RISE * scale) ** 2))
    complete = ~right[:, -1] & ~left[:, 0]
    direction = np.mod(np.arctan2(down, across), np.pi)
    return Edges(rise[complete].astype(np.float32), direction[complete].astype(np.float32))


def _profiles(gx: Float32, gy: Float32, rows: Places, columns: Places, across: Float32, down: Float32) -> Float32:
    """Return the gradient along its own direction (N, 81), from 20 px before to 20 px after, every half pixel."""
    step = np.arange(-2 * _REACH, 2 * _REACH + 1, dtype=np.float32) / 2.0
    x = (columns[:, None] + across[:, None] * step).astype(np.float32)
    y = (rows[:, None] + down[:, None] * step).astype(np.float32)
    along = [cv2.remap(g, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for g in (gx, gy)]
    return np.asarray(along[0] * across[:, None] + along[1] * down[:, None], np.float32)


def _same_edge(side: Float32) -> Bool:
    """Mark the samples of (N, K) profiles, from the peak outwards, that are its edge: above the tail, not rising."""
    peak = side[:, :1]
    lowest = np.minimum.accumulate(side, axis=1)
    falling = (side > _TAIL * peak) & (side < lowest + _TURN * peak)
    return np.asarray(np.logical_and.accumulate(falling, axis=1))


def _crossing(risen: Float32, level: float) -> Float32:
    """Return where (N, K) rising profiles cross `level`, between the samples."""
    after = np.argmax(risen >= level, axis=1)
    each = np.arange(len(risen))
    high, low = risen[each, after], risen[each, np.maximum(after - 1, 0)]
    return np.asarray(after - (high - level) / np.maximum(high - low, 1e-6), np.float32)
