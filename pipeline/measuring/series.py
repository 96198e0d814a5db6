"""Measures the noise and dither of each sampled frame."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.measuring import dither, noise
from pipeline.measuring.sample import Sample

DITHERED = 1.0  # dither in 8-bit levels; from here on, the end of the spectrum is the palette's, not the picture's


@dataclass(frozen=True, slots=True)
class Series:
    """One value for each sampled frame that could be measured; the noise is without the part that `dither` explains."""

    sigma: list[float]
    rising: list[float]
    temporal: list[float]
    dither: list[float]
    rise: list[float]
    palette: bool
    colours: int


def of_noise(sampled: Sample) -> Series:
    """Measure noise and dither; `rise` is left empty."""
    spatial = [n for n in map(noise.spatial, sampled.rgb) if n]
    pairs = zip(sampled.rgb, sampled.following, strict=True) if sampled.following is not None else ()
    temporal = [n for n in (noise.temporal(*pair) for pair in pairs) if n]
    amplitudes = [d for d in map(dither.amplitude, sampled.rgb) if d is not None]
    amplitude = median(amplitudes) or 0.0
    return Series(
        sigma=[_without_dither(n.sigma, amplitude) for n in spatial],
        rising=[n.rising for n in spatial],
        temporal=[_without_dither(n.sigma, amplitude) for n in temporal],
        dither=amplitudes,
        rise=[],
        palette=dither.is_palette(sampled.rgb[0]),
        colours=dither.colours(sampled.rgb[0]),
    )


def _without_dither(sigma: float, amplitude: float) -> float:
    """Return the part of `sigma` that dither does not explain; a photograph's few alternating pixels are no dither."""
    return sigma if amplitude < DITHERED else float(np.sqrt(max(0.0, sigma**2 - amplitude**2)))


def median(values: Sequence[float]) -> float | None:
    """Return the median, or None if there are no values."""
    return float(np.median(values)) if len(values) else None
