"""All the measures of a clip, taken on its sampled frames and put together."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipeline.categorise import blocks, blur, dither, enlargement, noise, resolution, spectrum
from pipeline.categorise.sample import Float32, Landmarks, Sample, face_window, grey, sample
from pipeline.categorise.severity import Damage
from pipeline.clip import Clip

_SHARPEST = 0.35  # of the edges; the rest may be soft by nature
_SHARPEST_OF_PALETTE = 0.25  # a palette leaves no spectrum to weigh them with
_EDGES_SHARE = 0.35
_GAIN = 0.35  # dB by which a blur must fit better than none
_DITHERED = 1.0  # dither in 8-bit levels, from which the spectrum ends in the palette's and not the picture's
_HEAVY = 8.0  # dither in 8-bit levels
_AVERAGE_PX = 1.118  # standard deviation of an average of 4 px
_USUAL = (0.5, 1.06)  # the median rise of known blurs reads low by this
_USUAL_OF_PALETTE = (0.65, 0.97)  # steps between a palette's colours pass for sharp edges
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


@dataclass(frozen=True, slots=True)
class _Series:
    """One value for each sampled frame that had an answer; `dither` is taken off the noise it would pass for."""

    sigma: list[float]
    rising: list[float]
    temporal: list[float]
    dither: list[float]
    rise: list[float]
    palette: bool
    colours: int


def gather(clip: Clip, landmarks: Sequence[Landmarks]) -> Evidence:
    """Measure everything once."""
    seen = sample(clip)
    greys = np.stack([grey(rgb) for rgb in seen.rgb])
    noisy = _noise(seen)
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


def median(values: Sequence[float]) -> float | None:
    """Return the median, or None of nothing."""
    return float(np.median(values)) if len(values) else None


def _noise(seen: Sample) -> _Series:
    still = [n for n in map(noise.spatial, seen.rgb) if n]
    pairs = zip(seen.rgb, seen.following, strict=True) if seen.following is not None else ()
    moving = [n for n in (noise.temporal(*pair) for pair in pairs) if n]
    dithered = [d for d in map(dither.amplitude, seen.rgb) if d is not None]
    least = median(dithered) or 0.0
    return _Series(
        sigma=[_without(n.sigma, least) for n in still],
        rising=[n.rising for n in still],
        temporal=[_without(n.sigma, least) for n in moving],
        dither=dithered,
        rise=[],
        palette=dither.is_palette(seen.rgb[0]),
        colours=dither.colours(seen.rgb[0]),
    )


def _without(sigma: float, dithered: float) -> float:
    """Return what of `sigma` the dither does not explain; the odd alternating pixel of a photograph is no dither."""
    return sigma if dithered < _DITHERED else float(np.sqrt(max(0.0, sigma**2 - dithered**2)))


def _together(
    clip: Clip,
    landmarks: Sequence[Landmarks],
    greys: Float32,
    series: _Series,
    edges: blur.Edges,
    fitted: spectrum.Fit | None,
    repeats: resolution.Traces | None,
) -> Evidence:
    dithered, blockiness = median(series.dither), blocks.blockiness(greys)
    temporal, sigma = median(series.temporal), median(series.sigma)
    ends = (dithered or 0.0) <= _DITHERED
    stepped = series.palette and (dithered or 0.0) <= _HEAVY
    blur_px = _blur_px(edges, fitted if ends else None, stepped)
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
        eye_distance_px=median([float(np.hypot(*(points[1] - points[0]))) for points in landmarks]),
    )
    return Evidence(
        damage=damage,
        edges=len(edges.rise_px),
        colours=series.colours,
        edge_spread_px=_edge_spread_px(edges, fitted if ends else None, stepped),
        streak=streak,
        sigma_8bit=sigma,
        temporal_sigma_8bit=temporal,
        dither_8bit=dithered,
        blockiness=blockiness,
        cutoff=None if blur_px is None else min(1.0, 1.0 / factor, _MTF10 / max(blur_px, 0.1)),
        spread=_spread(series),
        reasons=_reasons(clip, series, edges, blockiness, blur_px) | _of_streak(streak),
    )


def _blur_px(edges: blur.Edges, fitted: spectrum.Fit | None, palette: bool) -> float | None:
    """Return the blur's standard deviation: of the sharper edges and of the spectrum, unless dither ends that.

    The steps of a palette without dither go on beyond the spectrum's end: then the greater of both.
    """
    sharp = edges.quantile_px(_SHARPEST_OF_PALETTE if palette else _SHARPEST)
    of_edges = None if sharp is None else sharp / blur.RISE
    if fitted is None or of_edges is None:
        return of_edges if fitted is None else max(_sigmas_px(fitted))
    both = _EDGES_SHARE * of_edges + (1.0 - _EDGES_SHARE) * max(_sigmas_px(fitted))
    return max(of_edges, both) if palette else both


def _edge_spread_px(edges: blur.Edges, fitted: spectrum.Fit | None, palette: bool) -> float | None:
    """Return the usual edge's rise: no less than the spectrum's end allows, as fine texture's crowded edges read."""
    share, low = _USUAL_OF_PALETTE if palette else _USUAL
    rise = edges.quantile_px(share)
    if rise is None:
        return None
    allowed = blur.RISE * float(np.sqrt(np.mean(np.square(_sigmas_px(fitted))))) if fitted else 0.0
    return max(rise * low, allowed)


def _sigmas_px(fitted: spectrum.Fit) -> tuple[float, float]:
    """Return the blur along each axis, none where it fits no better than an untouched picture."""
    return fitted.sigma_px if fitted.clean_db - fitted.blurred_db > _GAIN else (0.0, 0.0)


def _with_following(seen: Sample, shown: Float32, heavy: bool) -> Float32:
    """Add the frames that follow: what repeats stays where it is while the picture moves."""
    if seen.following is None:
        return shown
    later = np.stack([grey(rgb) for rgb in seen.following])
    return np.concatenate([shown, _undithered(later) if heavy else later])


def _undithered(greys: Float32) -> Float32:
    """Average 4 × 4 px: an ordered dither repeats by itself and hides what lies under it, and this cancels it."""
    return np.stack([np.asarray(cv2.blur(g, (4, 4)), np.float32) for g in greys])


def _spread(series: _Series) -> dict[str, float]:
    named = {
        "edge_spread_px": series.rise,
        "noise_sigma_8bit": series.sigma,
        "noise_temporal_sigma_8bit": series.temporal,
        "dither": series.dither,
    }
    return {name: float(np.std(values)) for name, values in named.items() if len(values) > 1}


def _of_streak(streak: blur.Streak | None) -> dict[str, str]:
    why = "the spread of the edges has no direction"
    return dict.fromkeys(("motion_blur_px", "motion_blur_deg"), why) if streak is None else {}


def _reasons(
    clip: Clip, series: _Series, edges: blur.Edges, blockiness: float | None, blur_px: float | None
) -> dict[str, str]:
    """Say why, for each measure that has no answer."""
    reasons = {}
    if not series.rise or edges.quantile_px(0.5) is None:
        reasons["edge_spread_px"] = f"{len(edges.rise_px)} edges that end within reach, at least 50 needed"
    if blur_px is None:
        reasons["resolution_cutoff"] = "neither edges nor a spectrum to see it by"
    if not series.sigma:
        reasons["noise_sigma_8bit"] = "fewer than 16 blocks with detail that are neither black nor white"
    if not series.temporal:
        moves = "no pixels that change between frames" if len(clip) > 1 else "one frame"
        reasons["noise_temporal_sigma_8bit"] = moves
    if not series.dither:
        reasons["dither"] = "smaller than 3 × 3 px"
    if blockiness is None:
        reasons["blockiness"] = "smaller than four blocks"
    return reasons
