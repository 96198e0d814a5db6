"""Blur and edge spread, from the edges and from where the spectrum ends."""

import numpy as np

from pipeline.measuring import blur, spectrum

_SHARPEST = 0.35  # of the edges; the rest may be soft by nature
_SHARPEST_OF_PALETTE = 0.25  # a palette leaves no spectrum to weigh them with
_EDGES_SHARE = 0.35
_GAIN = 0.35  # dB by which a blur must fit better than none
_USUAL = (0.5, 1.06)  # the median rise of known blurs reads low by this
_USUAL_OF_PALETTE = (0.65, 0.97)  # steps between a palette's colours pass for sharp edges


def blur_px(edges: blur.Edges, fitted: spectrum.Fit | None, palette: bool) -> float | None:
    """Return the blur's standard deviation: of the sharper edges and of the spectrum, unless dither ends that.

    The steps of a palette without dither go on beyond the spectrum's end: then the greater of both.
    """
    sharp = edges.quantile_px(_SHARPEST_OF_PALETTE if palette else _SHARPEST)
    of_edges = None if sharp is None else sharp / blur.RISE
    if fitted is None or of_edges is None:
        return of_edges if fitted is None else max(_sigmas_px(fitted))
    both = _EDGES_SHARE * of_edges + (1.0 - _EDGES_SHARE) * max(_sigmas_px(fitted))
    return max(of_edges, both) if palette else both


def edge_spread_px(edges: blur.Edges, fitted: spectrum.Fit | None, palette: bool) -> float | None:
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
