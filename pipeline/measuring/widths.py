"""Combines edges and the fitted spectrum into blur and edge spread."""

import numpy as np

from pipeline.measuring import blur, spectrum

_SHARPEST = 0.35  # of the edges; the rest may be soft by nature
_SHARPEST_OF_PALETTE = 0.25  # with a palette there is no spectrum to combine them with
_EDGES_SHARE = 0.35
_GAIN = 0.35  # dB by which a blurred spectrum must fit better than a clean one
_TYPICAL = (0.5, 1.06)  # quantile, and a correction: for known blurs the median rise is too small by this
_TYPICAL_OF_PALETTE = (0.65, 0.97)  # steps between palette colours count as sharp edges


def blur_px(edges: blur.Edges, fitted: spectrum.Fit | None, palette: bool) -> float | None:
    """Return the blur's standard deviation, averaged from the sharper edges and from the spectrum, if it was fitted.

    The steps of a palette without dither extend the spectrum, so the average is then at least that of the edges.
    """
    sharp = edges.quantile_px(_SHARPEST_OF_PALETTE if palette else _SHARPEST)
    of_edges = None if sharp is None else sharp / blur.RISE
    if fitted is None or of_edges is None:
        return of_edges if fitted is None else max(_sigmas_px(fitted))
    both = _EDGES_SHARE * of_edges + (1.0 - _EDGES_SHARE) * max(_sigmas_px(fitted))
    return max(of_edges, both) if palette else both


def edge_spread_px(edges: blur.Edges, fitted: spectrum.Fit | None, palette: bool) -> float | None:
    """Return the typical edge's rise, at least what the spectrum implies, because crowded edges seem too sharp."""
    share, correction = _TYPICAL_OF_PALETTE if palette else _TYPICAL
    rise = edges.quantile_px(share)
    if rise is None:
        return None
    implied = blur.RISE * float(np.sqrt(np.mean(np.square(_sigmas_px(fitted))))) if fitted else 0.0
    return max(rise * correction, implied)


def _sigmas_px(fitted: spectrum.Fit) -> tuple[float, float]:
    """Return the blur along each axis; 0 if a clean picture fits as well."""
    return fitted.sigma_px if fitted.clean_db - fitted.blurred_db > _GAIN else (0.0, 0.0)
