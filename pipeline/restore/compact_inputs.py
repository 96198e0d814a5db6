"""What the network `compact` is shown of a clip: neighbours along the flow, and what is known of the damage.

Training and restoring both go through here, so that the network meets the same inputs in both.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip import UInt8
from pipeline.report import Measurement
from pipeline.temporal import flow

Float32 = NDArray[np.float32]
KNOWN = 5  # numbers in a condition
_SHARP_EDGE = 2.0  # px; the edge spread (10-90 %) of an unblurred picture
_EDGE_OF_GAUSSIAN = 2.563  # px of edge spread per px of a Gaussian's standard deviation


@dataclass(frozen=True, slots=True)
class Shown:
    """Frame t and its neighbours brought to its place: each (H, W, 3) uint8 sRGB; `back` (H, W, 2) float32 px.

    `back` is the flow to frame t - 1, None in the first frame. A neighbour that is missing is frame t itself.
    """

    frame: UInt8
    before: UInt8
    after: UInt8
    back: Float32 | None


def shown(frames: UInt8, t: int, noise_sigma: float) -> Shown:
    """Bring the neighbours of frame `t` of a shot (T, H, W, 3) uint8 to its place, along DIS flow."""
    here = frames[t]
    luma = flow.luma(here, noise_sigma)
    back = flow.flow(luma, flow.luma(frames[t - 1], noise_sigma)) if t > 0 else None
    before = here if back is None else flow.warp(frames[t - 1], back, cv2.INTER_CUBIC)
    after = here
    if t + 1 < len(frames):
        ahead = flow.flow(luma, flow.luma(frames[t + 1], noise_sigma))
        after = flow.warp(frames[t + 1], ahead, cv2.INTER_CUBIC)
    return Shown(here, before, after, back)


def carried(output: UInt8, back: Float32) -> UInt8:
    """Warp the previous output (2H, 2W, 3) uint8 along the flow (H, W, 2) of the frames it was made from."""
    size = output.shape[1], output.shape[0]
    large = np.asarray(cv2.resize(back, size, interpolation=cv2.INTER_LINEAR) * np.float32(2), np.float32)
    return flow.warp(output, large, cv2.INTER_CUBIC)


def doubled(frame: UInt8) -> UInt8:
    """The first frame's stand-in for a previous output: (H, W, 3) uint8 to (2H, 2W, 3), bicubic."""
    return np.asarray(cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC), np.uint8)


def condition(noise_sigma: float | None, blur_sigma: float | None, colours: int) -> Float32:
    """Return (KNOWN,) float32: noise (grey levels), blur (px), whether each is known, and log2 of the colours."""
    noise = (0.0, 0.0) if noise_sigma is None else (noise_sigma / 16, 1.0)
    blur = (0.0, 0.0) if blur_sigma is None else (blur_sigma / 2, 1.0)
    return np.array([*noise, *blur, np.log2(max(colours, 1)) / 16], np.float32)


def colours(frame: UInt8) -> int:
    """Count the colours of an (H, W, 3) uint8 frame."""
    packed = frame.reshape(-1, 3).astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    return len(np.unique(packed))


def blur_sigma(measured: Measurement) -> float | None:
    """The Gaussian (px) that explains the measured edge spread beyond a sharp edge's; None where none was measured."""
    if measured.edge_spread_px is None:
        return None
    return float(np.sqrt(max(measured.edge_spread_px**2 - _SHARP_EDGE**2, 0.0))) / _EDGE_OF_GAUSSIAN
