"""Sums up the scores of many clips by category: how close to the reference, and how steady."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from daemon.catalogue.reading.spread import Spread, spread_of
from pipeline.report import Category, Reference, Scores

ScoresByCategory = dict[Category, list[Scores]]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """PSNR in dB, SSIM and GMSD of the clips of one category that were scored against one kind of reference.

    Compare no rows of different references: against the damaged input a good restoration scores low.
    """

    reference: Reference
    category: Category
    clips: int
    psnr_db: Spread | None
    ssim: Spread | None
    gmsd: Spread | None


@dataclass(frozen=True, slots=True)
class Flicker:
    """T-MSE on images in [0, 1] before and after, of the `clips` of one category that move.

    `steadier` is the share of these whose T-MSE did not rise, `sharpness` the output's as a share of the input's, of
    all clips: blurring lowers the T-MSE too.
    """

    category: Category
    clips: int
    tmse_input: Spread | None
    tmse_output: Spread | None
    steadier: float | None
    sharpness: Spread | None


def fidelity(scores: ScoresByCategory) -> list[Fidelity]:
    """Sum up PSNR, SSIM and GMSD by kind of reference, the truth first, then by category."""
    return [
        _fidelity_of(reference, category, comparable)
        for reference in get_args(Reference)
        for category, of_category in scores.items()
        if (comparable := [clip for clip in of_category if clip.reference == reference])
    ]


def flicker(scores: ScoresByCategory) -> list[Flicker]:
    """Sum up T-MSE and sharpness by category."""
    return [_flicker_of(category, of_category) for category, of_category in scores.items()]


def _fidelity_of(reference: Reference, category: Category, scores: Sequence[Scores]) -> Fidelity:
    psnr_db = spread_of(clip.psnr_db for clip in scores)
    ssim = spread_of(clip.ssim for clip in scores)
    gmsd = spread_of(clip.gmsd for clip in scores)
    return Fidelity(reference, category, len(scores), psnr_db, ssim, gmsd)


def _flicker_of(category: Category, scores: Sequence[Scores]) -> Flicker:
    both = [(clip.tmse_input, clip.tmse_output) for clip in scores]
    moving = [(before, after) for before, after in both if before is not None and after is not None]
    return Flicker(
        category,
        clips=len(moving),
        tmse_input=spread_of(before for before, _ in moving),
        tmse_output=spread_of(after for _, after in moving),
        steadier=sum(after <= before for before, after in moving) / len(moving) if moving else None,
        sharpness=spread_of(c.sharpness_output / c.sharpness_input if c.sharpness_input else None for c in scores),
    )
