"""All the measures of a clip, taken on its sampled frames and put together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.clips.clip import Clip
from pipeline.measuring import blocks, blur, enlargement, reasons, resolution, spectrum, widths
from pipeline.measuring.sample import Float32, Landmarks, Sample, eye_distance_px, face_window, grey, sample
from pipeline.measuring.series import DITHERED, Series, median, of_noise
from pipeline.measuring.severity import Damage

_HEAVY = 8.0  # dither in 8-bit levels
_AVERAGE_PX = 1.118  # standard deviation of an average of 4 px
_MTF10 = 0.683  # a Gaussian's transfer falls to 10 % at this over its standard deviation, in shares of Nyquist


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measures, the `damage` that the severities are made of, and how many `edges` and `colours` there were."""

    damage: Damage
    edges: int
    colours: int
    edge_spread_px: float | None
    streak: blur.Streak | None
    sigma_8bit: float | None
    temporal_sigma_8bit: float | None
    dither_8bit: float | None
    blockiness: float | None
    cutoff: float | None
    spread: dict[str, float]
    reasons: dict[str, str]


def gather(clip: Clip, landmarks: Sequence[Landmarks]) -> Evidence:
    """Measure everything once."""
    seen = sample(clip)
    greys = np.stack([grey(rgb) for rgb in seen.rgb])
    noisy = of_noise(seen)
    heavy = (median(noisy.dither) or 0.0) > _HEAVY
    shown = _undithered(greys) if heavy else greys
    held = _AVERAGE_PX if heavy else 0.0
    window = face_window(seen, landmarks)
    frames = [blur.edges(g[window], median(noisy.sigma) or 0.0, held) for g in shown]
    series = replace(noisy, rise=[r for r in (f.quantile_px(0.5) for f in frames) if r is not None])
    edges = blur.Edges.together(frames)
    fitted = spectrum.fit(greys, median(series.sigma) or 0.0, median(series.rising) or 0.0)
    repeats = resolution.traces(_with_following(seen, shown, heavy))
    return _together(clip, landmarks, shown, series, edges, fitted, repeats)


def _together(
    clip: Clip,
    landmarks: Sequence[Landmarks],
    greys: Float32,
    series: Series,
    edges: blur.Edges,
    fitted: spectrum.Fit | None,
    repeats: resolution.Traces | None,
) -> Evidence:
    dithered, blockiness = median(series.dither), blocks.blockiness(greys)
    temporal, sigma = median(series.temporal), median(series.sigma)
    ends = (dithered or 0.0) <= DITHERED
    stepped = series.palette and (dithered or 0.0) <= _HEAVY
    blur_px = widths.blur_px(edges, fitted if ends else None, stepped)
    streak = blur.streak(edges)
    factor = enlargement.factor(fitted, repeats, blur_px or 0.0, not ends, series.palette, streak is not None)
    damage = Damage(
        blur_px=blur_px or 0.0,
        streak_px=streak.least_px if streak else 0.0,
        sigma_8bit=(temporal if temporal is not None else sigma) or 0.0,
        dither_8bit=dithered or 0.0,
        grid=repeats.grid if repeats else 0.0,
        blockiness=blockiness or 0.0,
        quantised_8bit=blocks.quantised(greys[0]),
        factor=factor,
        width_px=float(clip.frames.shape[2]),
        eye_distance_px=median([eye_distance_px(points) for points in landmarks]),
    )
    return Evidence(
        damage=damage,
        edges=len(edges.rise_px),
        colours=series.colours,
        edge_spread_px=widths.edge_spread_px(edges, fitted if ends else None, stepped),
        streak=streak,
        sigma_8bit=sigma,
        temporal_sigma_8bit=temporal,
        dither_8bit=dithered,
        blockiness=blockiness,
        cutoff=None if blur_px is None else min(1.0, 1.0 / factor, _MTF10 / max(blur_px, 0.1)),
        spread=reasons.spread(series),
        reasons=reasons.reasons(clip, series, edges, blockiness, blur_px) | reasons.of_streak(streak),
    )


def _with_following(seen: Sample, shown: Float32, heavy: bool) -> Float32:
    """Add the frames that follow: what repeats stays where it is while the picture moves."""
    if seen.following is None:
        return shown
    later = np.stack([grey(rgb) for rgb in seen.following])
    return np.concatenate([shown, _undithered(later) if heavy else later])


def _undithered(greys: Float32) -> Float32:
    """Average 4 × 4 px: an ordered dither repeats by itself and hides what lies under it, and this cancels it."""
    return np.stack([np.asarray(cv2.blur(g, (4, 4)), np.float32) for g in greys])
