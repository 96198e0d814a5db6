"""Takes all measurements of a clip on its sampled frames and combines them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.arrays import Float32
from pipeline.clips.clip import Clip
from pipeline.measuring import blocks, blur, enlargement, reasons, resolution, spectrum, widths
from pipeline.measuring.sample import Landmarks, Sample, eye_distance_px, face_window, grey, sample
from pipeline.measuring.series import DITHERED, Series, median, of_noise
from pipeline.measuring.severity import Damage

_HEAVY = 8.0  # dither in 8-bit levels
_AVERAGE_PX = 1.118  # standard deviation of an average of 4 px
_MTF10 = 0.683  # over a Gaussian's standard deviation: where its transfer falls to 10 %, as a share of Nyquist


@dataclass(frozen=True, slots=True)
class Evidence:
    """All measurements, the `damage` that the severities are computed from, and the number of `edges` and `colours`."""

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
    """Take every measurement once."""
    sampled = sample(clip)
    greys = np.stack([grey(rgb) for rgb in sampled.rgb])
    noise_series = of_noise(sampled)
    is_heavy = (median(noise_series.dither) or 0.0) > _HEAVY
    smoothed = _without_dither(greys) if is_heavy else greys
    smoothed_px = _AVERAGE_PX if is_heavy else 0.0
    window = face_window(sampled, landmarks)
    frames = [blur.edges(g[window], median(noise_series.sigma) or 0.0, smoothed_px) for g in smoothed]
    series = replace(noise_series, rise=[r for r in (f.quantile_px(0.5) for f in frames) if r is not None])
    edges = blur.Edges.together(frames)
    fitted = spectrum.fit(greys, median(series.sigma) or 0.0, median(series.rising) or 0.0)
    repeats = resolution.traces(_with_following(sampled, smoothed, is_heavy))
    return _combine(clip, landmarks, smoothed, series, edges, fitted, repeats)


def _combine(
    clip: Clip,
    landmarks: Sequence[Landmarks],
    greys: Float32,
    series: Series,
    edges: blur.Edges,
    fitted: spectrum.Fit | None,
    repeats: resolution.Traces | None,
) -> Evidence:
    dither, blockiness = median(series.dither), blocks.blockiness(greys)
    temporal, sigma = median(series.temporal), median(series.sigma)
    is_dithered = (dither or 0.0) > DITHERED
    stepped = series.palette and (dither or 0.0) <= _HEAVY
    usable_fit = None if is_dithered else fitted
    blur_px = widths.blur_px(edges, usable_fit, stepped)
    streak = blur.streak(edges)
    factor = enlargement.factor(fitted, repeats, blur_px or 0.0, is_dithered, series.palette, streak is not None)
    damage = Damage(
        blur_px=blur_px or 0.0,
        streak_px=streak.least_px if streak else 0.0,
        sigma_8bit=(temporal if temporal is not None else sigma) or 0.0,
        dither_8bit=dither or 0.0,
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
        edge_spread_px=widths.edge_spread_px(edges, usable_fit, stepped),
        streak=streak,
        sigma_8bit=sigma,
        temporal_sigma_8bit=temporal,
        dither_8bit=dither,
        blockiness=blockiness,
        cutoff=None if blur_px is None else min(1.0, 1.0 / factor, _MTF10 / max(blur_px, 0.1)),
        spread=reasons.spread(series),
        reasons=reasons.reasons(clip, series, edges, blockiness, blur_px) | reasons.of_streak(streak),
    )


def _with_following(sampled: Sample, greys: Float32, is_heavy: bool) -> Float32:
    """Add the following frames: the period of an enlargement stays in place while the picture moves."""
    if sampled.following is None:
        return greys
    following = np.stack([grey(rgb) for rgb in sampled.following])
    return np.concatenate([greys, _without_dither(following) if is_heavy else following])


def _without_dither(greys: Float32) -> Float32:
    """Average 4 × 4 px, which cancels ordered dither: its own period would hide the one of an enlargement."""
    return np.stack([np.asarray(cv2.blur(g, (4, 4)), np.float32) for g in greys])
