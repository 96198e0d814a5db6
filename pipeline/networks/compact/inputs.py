"""What the network `compact` is shown of a clip: each frame, the mean around it, and what is known of the damage.

Training and restoring both go through here, so that the network meets the same inputs in both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.networks.compact.fusion import means
from pipeline.report import Measurement

KNOWN = 8  # numbers in a condition
COUNTED = 24  # the step of `frames`, so that a mean of ten fits into a byte


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame (H, W, 3), the mean around it (2H, 2W, 3), and of how many frames it is (H, W) × COUNTED: uint8."""

    frame: UInt8
    mean: UInt8
    frames: UInt8


def shown(frames: UInt8, sigma: float) -> Iterator[Shown]:
    """Yield what is shown of each frame of a shot (T, H, W, 3) uint8 sRGB that differ by noise of `sigma`."""
    for frame, mean in zip(frames, means(frames, sigma), strict=True):
        yield Shown(frame, _bytes(mean.picture), _bytes(mean.frames * COUNTED))


def temporal_sigma(measured: Measurement) -> float:
    """Grey levels by which two frames of the same thing differ: noise and dither."""
    noise = max(measured.noise_sigma_8bit or 0.0, measured.noise_temporal_sigma_8bit or 0.0)
    return float(np.hypot(noise, measured.dither or 0.0))


def condition(measured: Measurement, colours: int) -> Float32:
    """Return (KNOWN,) float32: noise and edge spread with whether each is known, noise in time, dither and colours."""
    noise, edge = measured.noise_sigma_8bit, measured.edge_spread_px
    known = [(noise or 0.0) / 16, float(noise is not None), (edge or 0.0) / 5, float(edge is not None)]
    other = [(measured.noise_temporal_sigma_8bit or 0.0) / 16, (measured.dither or 0.0) / 8]
    few = np.log2(max(colours, 1))
    return np.array([*known, *other, min(few, 8.0) / 8, few / 16], np.float32)


def colours(frame: UInt8) -> int:
    """Count the colours of an (H, W, 3) uint8 frame."""
    packed = frame.reshape(-1, 3).astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    return len(np.unique(packed))


def _bytes(values: Float32) -> UInt8:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
