"""Prepares the inputs of the network `compact`: each frame, the mean around it, and the measured damage.

Training and restoring both use this module, so that the network gets the same inputs in both.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.networks.compact.fusion import means
from pipeline.report import Measurement

CONDITION_SIZE = 8  # numbers
COUNT_STEP = 24  # of one frame in `frames`, so that a mean of ten fits into a byte


@dataclass(frozen=True, slots=True)
class FrameInputs:
    """uint8: a frame (H, W, 3), the mean around it (2H, 2W, 3), and how many frames that has (H, W) × COUNT_STEP."""

    frame: UInt8
    mean: UInt8
    frames: UInt8


def frame_inputs(frames: UInt8, sigma: float) -> Iterator[FrameInputs]:
    """Yield the inputs of each frame of a shot (T, H, W, 3) uint8 sRGB; `sigma` is the noise between its frames."""
    for frame, mean in zip(frames, means(frames, sigma), strict=True):
        yield FrameInputs(frame, _to_uint8(mean.picture), _to_uint8(mean.frames * COUNT_STEP))


def temporal_sigma(measured: Measurement) -> float:
    """Return the grey levels by which two frames of the same scene differ, by noise and dither."""
    noise = max(measured.noise_sigma_8bit or 0.0, measured.noise_temporal_sigma_8bit or 0.0)
    return float(np.hypot(noise, measured.dither or 0.0))


def condition(measured: Measurement, colours: int) -> Float32:
    """Return (CONDITION_SIZE,) float32: noise, edge spread, whether each is known, temporal noise, dither, colours."""
    noise, edge = measured.noise_sigma_8bit, measured.edge_spread_px
    known = [(noise or 0.0) / 16, float(noise is not None), (edge or 0.0) / 5, float(edge is not None)]
    other = [(measured.noise_temporal_sigma_8bit or 0.0) / 16, (measured.dither or 0.0) / 8]
    colour_bits = np.log2(max(colours, 1))
    return np.array([*known, *other, min(colour_bits, 8.0) / 8, colour_bits / 16], np.float32)


def colours(frame: UInt8) -> int:
    """Count the colours of an (H, W, 3) uint8 frame."""
    packed = frame.reshape(-1, 3).astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    return len(np.unique(packed))


def _to_uint8(values: Float32) -> UInt8:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
