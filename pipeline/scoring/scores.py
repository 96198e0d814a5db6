"""Scores of a finished clip: fidelity to a reference, flicker and sharpness.

PSNR, SSIM (Wang et al. 2004) and GMSD (Xue et al. 2014, arXiv 1308.3052) give piq's figures on RGB images in [0, 1],
in a tenth of its time on a processor; T-MSE is the warping error of Lai et al. 2018 (arXiv 1808.00449). Equal images
score 80 dB. Transparent pixels count as white in all three clips.
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

_SSIM_WINDOW = 11
_GMSD_SMALLEST = 4
_GMSD_T = 170.0
_BEST_DB = 80.0


@dataclass(frozen=True, slots=True)
class _Triple:
    """One moment: reference and source as given, and the source brought to the output's size."""

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
    """Score `output` frame by frame; only two frames of each clip are held.

    Sizes may differ: for PSNR, SSIM and GMSD the output is brought to the reference's size (area average), for T-MSE
    and sharpness the source to the output's (bicubic). Scoring ends with the shortest of the three. SSIM and GMSD are
    None on images smaller than their window, T-MSE where there is no pair. Raises ValueError where there is no frame.
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


def psnr_db(reference: UInt8, image: UInt8) -> float:
    """Return the peak signal-to-noise ratio of two (H, W, 3) uint8 images over all channels, 80 dB at most."""
    squared = cv2.norm(reference, image, cv2.NORM_L2SQR) / reference.size / 255.0**2
    return float(min(_BEST_DB, -10.0 * np.log10(squared + 1e-8)))


def ssim(reference: UInt8, image: UInt8) -> float | None:
    """Return the SSIM of two (H, W, 3) uint8 images at full size, or None below its 11 × 11 window."""
    if min(reference.shape[:2]) < _SSIM_WINDOW:
        return None
    x, y = reference.astype(np.float32), image.astype(np.float32)
    mean_x, mean_y = _local_mean(x), _local_mean(y)
    product, squares = mean_x * mean_y, mean_x * mean_x + mean_y * mean_y
    covariance = _local_mean(x * y) - product
    variances = _local_mean(x * x + y * y) - squares
    c1, c2 = (0.01 * 255.0) ** 2, (0.03 * 255.0) ** 2
    similar = (2.0 * product + c1) * (2.0 * covariance + c2) / ((squares + c1) * (variances + c2))
    return float(similar.mean(dtype=np.float64))


def gmsd(reference: UInt8, image: UInt8) -> float | None:
    """Return the GMSD of two (H, W, 3) uint8 images (0 = alike), or None below 4 × 4 px."""
    if min(reference.shape[:2]) < _GMSD_SMALLEST:
        return None
    x, y = _gradient_magnitude(reference), _gradient_magnitude(image)
    similar = (2.0 * x * y + _GMSD_T) / (x * x + y * y + _GMSD_T)
    return float(similar.std(dtype=np.float64))


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
    height, width = now.reference.shape[:2]
    fitted = _resize(now.output, width, height, cv2.INTER_AREA)
    return FrameScore(
        index=index,
        psnr_db=psnr_db(now.reference, fitted),
        ssim=ssim(now.reference, fitted),
        gmsd=gmsd(now.reference, fitted),
        tmse_input=tmse_input,
        tmse_output=tmse_output,
        sharpness_input=sharpness(now.enlarged),
        sharpness_output=sharpness(now.output),
    )


def _warping_errors(before: _Triple, now: _Triple) -> tuple[float | None, float | None]:
    """Return the T-MSE of source and output over one pair.

    The flow is found once, on the source at its own size, and scaled to the output's: enlarging adds no motion.
    """
    earlier, later = luma(before.source), luma(now.source)
    forward, backward = flow(later, earlier), flow(earlier, later)
    unseen = occluded(forward, backward)
    height, width = now.output.shape[:2]
    if unseen.shape != (height, width):
        unseen = _resize(unseen.astype(np.uint8), width, height, cv2.INTER_NEAREST) > 0
        forward = _scale_flow(forward, width, height)
    return (
        masked_error(before.enlarged, now.enlarged, forward, ~unseen),
        masked_error(before.output, now.output, forward, ~unseen),
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


def _local_mean(image: Float32) -> Float32:
    """Return the means under the 11 × 11 Gaussian window of σ 1.5 px, only where it lies inside the image."""
    window = cv2.getGaussianKernel(_SSIM_WINDOW, 1.5, cv2.CV_32F)
    margin = _SSIM_WINDOW // 2
    filtered = cv2.sepFilter2D(image, cv2.CV_32F, window, window)
    return np.asarray(filtered[margin:-margin, margin:-margin], np.float32)


def _gradient_magnitude(rgb: UInt8) -> Float32:
    """Return Prewitt's gradient magnitude of the luma (8-bit levels) at half size, an odd edge padded with black."""
    height, width = rgb.shape[:2]
    grey = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    grey = np.pad(grey, ((0, height % 2), (0, width % 2)))
    half = grey.reshape(grey.shape[0] // 2, 2, grey.shape[1] // 2, 2).mean(axis=(1, 3))
    across, along = np.array([1, 0, -1], np.float32) / 3.0, np.ones(3, np.float32)
    gx = cv2.sepFilter2D(half, cv2.CV_32F, across, along, borderType=cv2.BORDER_CONSTANT)
    gy = cv2.sepFilter2D(half, cv2.CV_32F, along, across, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(cv2.magnitude(gx, gy), np.float32)


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
