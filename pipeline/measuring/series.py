"""What the noise and dither of each sampled frame come to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.measuring import dither, noise
from pipeline.measuring.sample import Sample

DITHERED = 1.0  # dither in 8-bit levels, from which the spectrum ends in the palette's and not the picture's


@dataclass(frozen=True, slots=True)
class Series:
    """One value for each sampled frame that had an answer; `dither` is taken off the noise it would pass for."""

    sigma: list[float]
    rising: list[float]
    temporal: list[float]
    dither: list[float]
    rise: list[float]
    palette: bool
    colours: int


def of_noise(seen: Sample) -> Series:
    """Measure noise and dither; `rise` is left empty."""
    still = [n for n in map(noise.spatial, seen.rgb) if n]
    pairs = zip(seen.rgb, seen.following, strict=True) if seen.following is not None else ()
    moving = [n for n in (noise.temporal(*pair) for pair in pairs) if n]
    dithered = [d for d in map(dither.amplitude, seen.rgb) if d is not None]
    least = median(dithered) or 0.0
    return Series(
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
    return sigma if dithered < DITHERED else float(np.sqrt(max(0.0, sigma**2 - dithered**2)))


def median(values: Sequence[float]) -> float | None:
    """Return the median, or None of nothing."""
    return float(np.median(values)) if len(values) else None
