"""Scores of a finished clip: fidelity to a reference, flicker and sharpness.

piq computes PSNR, SSIM and GMSD; T-MSE is the warping error of Lai et al. 2018 (arXiv 1808.00449). Transparent pixels
count as white in all three clips.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.clips.clip import Frame
from pipeline.motion.flow import flow, luma, occluded
from pipeline.report import FrameScore, Reference, Scores
from pipeline.steadiness.loss import masked_error


@dataclass(frozen=True, slots=True)
class _Triple:
    """The frames of one moment, (H, W, 3) uint8 sRGB on white; `enlarged` is the source at the output's size."""

    reference: UInt8
    source: UInt8
    enlarged: UInt8
    output: UInt8


def evaluate(
    reference: Iterable[Frame],
    source: Iterable[Frame],
    output: Iterable[Frame],
    kind: Reference,
    palette_psnr_db: float | None = None,
) -> Scores:
    """Score `output` frame by frame; memory holds only two frames of each clip.

    Sizes may differ. PSNR, SSIM and GMSD are computed at the reference's size, to which the output is brought by area
    average; T-MSE and sharpness at the output's size, to which the source is brought by bicubic interpolation. Scoring
    ends with the shortest of the three clips. SSIM and GMSD are None on pictures smaller than their window, T-MSE is
    None where there is no pair of frames. Raises ValueError where there is no frame.
    """
    scored = tuple(_score_all(_triples(reference, source, output)))
    if not scored:
        raise ValueError("nothing to score: the reference, the source or the output has no frame")
    return Scores(
        reference=kind,
        psnr_db=float(np.mean([s.psnr_db for s in scored])),
        ssim=_mean(s.ssim for s in scored),
        gmsd=_mean(s.gmsd for s in scored),
        tmse_input=_mean(s.tmse_input for s in scored),
        tmse_output=_mean(s.tmse_output for s in scored),
        sharpness_input=float(np.mean([s.sharpness_input for s in scored])),
        sharpness_output=float(np.mean([s.sharpness_output for s in scored])),
        palette_psnr_db=palette_psnr_db,
        frames=scored,
    )


def sharpness(rgb: UInt8) -> float:
    """Return the mean |Laplacian| of the grey image, in 8-bit levels (4-neighbour kernel)."""
    laplacian = cv2.Laplacian(luma(rgb), cv2.CV_16S, ksize=1)
    return float(cv2.norm(laplacian, cv2.NORM_L1) / laplacian.size)


def _score_all(triples: Iterable[_Triple]) -> Iterator[FrameScore]:
    triples = iter(triples)
    first = next(triples, None)
    if first is None:
        return
    yield _score(0, first, None, None)
    index, before = 1, first
    for now in triples:
        yield _score(index, now, *_warping_errors(before, now))
        index, before = index + 1, now


def _score(index: int, now: _Triple, tmse_input: float | None, tmse_output: float | None) -> FrameScore:
    from pipeline.scoring.fidelity import fidelity  # torch and torchvision: 3 s that only scoring has to wait for

    height, width = now.reference.shape[:2]
    closeness = fidelity(now.reference, _resize(now.output, width, height, cv2.INTER_AREA))
    return FrameScore(
        index=index,
        psnr_db=closeness.psnr_db,
        ssim=closeness.ssim,
        gmsd=closeness.gmsd,
        tmse_input=tmse_input,
        tmse_output=tmse_output,
        sharpness_input=sharpness(now.enlarged),
        sharpness_output=sharpness(now.output),
    )


def _warping_errors(before: _Triple, now: _Triple) -> tuple[float | None, float | None]:
    """Return the T-MSE of the source and of the output over one pair of frames.

    The flow is estimated once, on the source at its own size, and scaled to the output's: enlarging adds no motion.
    """
    earlier, later = luma(before.source), luma(now.source)
    forward, backward = flow(later, earlier), flow(earlier, later)
    hidden = occluded(forward, backward)
    height, width = now.output.shape[:2]
    if hidden.shape != (height, width):
        hidden = _resize(hidden.astype(np.uint8), width, height, cv2.INTER_NEAREST) > 0
        forward = _scale_flow(forward, width, height)
    return (
        masked_error(before.enlarged, now.enlarged, forward, ~hidden),
        masked_error(before.output, now.output, forward, ~hidden),
    )


def _scale_flow(flow: Float32, width: int, height: int) -> Float32:
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * scale, np.float32)


def _triples(reference: Iterable[Frame], source: Iterable[Frame], output: Iterable[Frame]) -> Iterator[_Triple]:
    for truth, given, made in zip(reference, source, output, strict=False):
        composed, height, width = given.on_white(), *made.rgb.shape[:2]
        enlarged = _resize(composed, width, height, cv2.INTER_CUBIC)
        yield _Triple(truth.on_white(), composed, enlarged, made.on_white())


def _resize(rgb: UInt8, width: int, height: int, interpolation: int) -> UInt8:
    if rgb.shape[:2] == (height, width):
        return rgb
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=interpolation), np.uint8)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
