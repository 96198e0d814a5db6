"""What the temporal benchmark measures of a method."""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.registration import optical_flow_tvl1

from pipeline.arrays import Bool, Float32, UInt8
from pipeline.motion.flow import Estimator, flow, luma, occluded
from pipeline.steadiness.loss import masked_error


@dataclass(frozen=True)
class Pair:
    """The motion between frames `index - 1` and `index` of the source, as the metric sees it."""

    index: int
    forward: Float32
    seen: Bool


@dataclass(frozen=True)
class Score:
    """One method against frame by frame; T-MSE on [0, 1], PSNR in dB, seconds a frame without the restorer."""

    name: str
    tmse: float
    tmse_tvl1: float
    sharpness: float
    laplacian_correlation: float
    psnr_db: float
    seconds_per_frame: float
    restored_share: float


def tvl1(to: UInt8, frm: UInt8) -> Float32:
    """Return TV-L1 flow, which no method here uses, so that none is tuned to it."""
    rows, columns = optical_flow_tvl1(to.astype(np.float32) / 255, frm.astype(np.float32) / 255)
    return np.stack([columns, rows], axis=-1).astype(np.float32)


def pairs(source: UInt8, estimate: Estimator = flow, every: int = 1) -> list[Pair]:
    found = []
    for i in range(1, len(source), every):
        before, after = luma(source[i - 1]), luma(source[i])
        forward = estimate(after, before)
        found.append(Pair(i, forward, ~occluded(forward, estimate(before, after))))
    return found


def tmse(frames: UInt8, over: list[Pair]) -> float:
    errors = [masked_error(frames[p.index - 1], frames[p.index], p.forward, p.seen) for p in over]
    return float(np.mean([error for error in errors if error is not None]))


def laplacian(frame: UInt8) -> Float32:
    return np.asarray(cv2.Laplacian(luma(frame).astype(np.float32), cv2.CV_32F), np.float32)


def score(
    name: str, frames: UInt8, restored: UInt8, dis: list[Pair], tv: list[Pair], seconds: float, share: float
) -> Score:
    same = [
        np.corrcoef(laplacian(a).ravel(), laplacian(b).ravel())[0, 1] for a, b in zip(frames, restored, strict=True)
    ]
    error = [max(1e-9, np.square(a.astype(np.float32) - b).mean()) for a, b in zip(frames, restored, strict=True)]
    return Score(
        name,
        tmse(frames, dis),
        tmse(frames, tv),
        float(np.mean([np.abs(laplacian(frame)).mean() for frame in frames])),
        float(np.mean(same)),
        float(np.mean(np.minimum(99.0, 10 * np.log10(255**2 / np.array(error))))),
        seconds / len(frames),
        share,
    )
