"""States how much a measurement varies over a clip's frames, and why a measurement is missing."""

import numpy as np

from pipeline.clips.clip import Clip
from pipeline.measuring import blur
from pipeline.measuring.series import Series


def spread(series: Series) -> dict[str, float]:
    """Return the standard deviation over the frames of each measurement that has more than one value."""
    named = {
        "edge_spread_px": series.rise,
        "noise_sigma_8bit": series.sigma,
        "noise_temporal_sigma_8bit": series.temporal,
        "dither": series.dither,
    }
    return {name: float(np.std(values)) for name, values in named.items() if len(values) > 1}


def of_streak(streak: blur.Streak | None) -> dict[str, str]:
    """Return why the motion blur is missing, if it is."""
    reason = "the spread of the edges has no direction"
    return dict.fromkeys(("motion_blur_px", "motion_blur_deg"), reason) if streak is None else {}


def reasons(
    clip: Clip, series: Series, edges: blur.Edges, blockiness: float | None, blur_px: float | None
) -> dict[str, str]:
    """Return the reason for each measurement that is missing."""
    reasons = {}
    if not series.rise or edges.quantile_px(0.5) is None:
        reasons["edge_spread_px"] = f"{len(edges.rise_px)} edges that end within reach, at least 50 needed"
    if blur_px is None:
        reasons["resolution_cutoff"] = "neither edges nor a spectrum to see it by"
    if not series.sigma:
        reasons["noise_sigma_8bit"] = "fewer than 16 blocks with detail that are neither black nor white"
    if not series.temporal:
        reason = "no pixels that change between frames" if len(clip) > 1 else "one frame"
        reasons["noise_temporal_sigma_8bit"] = reason
    if not series.dither:
        reasons["dither"] = "smaller than 3 × 3 px"
    if blockiness is None:
        reasons["blockiness"] = "smaller than four blocks"
    return reasons
