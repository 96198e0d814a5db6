"""From a clip to its `Measurement`."""

from collections.abc import Sequence

import numpy as np

from pipeline.categorise import blocks, blur, noise, resolution
from pipeline.categorise.sample import Landmarks, grey, sample
from pipeline.categorise.severity import Measures, category, severities
from pipeline.clip import Clip
from pipeline.report import Measurement


def measure(clip: Clip, landmarks: Sequence[Landmarks] | None = None) -> Measurement:
    """Measure the damage of a clip on up to four pairs of neighbouring frames.

    `landmarks` are faces' five points (5, 2) in px, x and y, the two eyes first; None where nobody looked for faces.
    What has no answer is None, with its reason in `reasons`; the answer is never NaN.
    """
    seen = sample(clip)
    greys = np.stack([grey(rgb) for rgb in seen.rgb])
    still = [n for n in map(noise.spatial, seen.rgb) if n]
    moving = [n for n in map(noise.temporal, seen.rgb, seen.following) if n] if seen.following is not None else []
    sigma = _median([n.sigma for n in still])
    dither = _median([n.dither for n in still])
    rises = [r for r in (blur.rise(g, sigma or 0.0) for g in greys) if r is not None]
    enlarged = resolution.enlargement(greys)
    factor = enlarged.factor if enlarged and enlarged.prominence > 9.0 else None
    eyes = _median([float(np.hypot(*(points[1] - points[0]))) for points in landmarks or ()])
    measures = Measures(_median(rises), sigma, dither, blocks.blockiness(greys), factor, clip.frames.shape[2], eyes)
    severity = severities(measures)
    name, confidence = category(severity)
    reasons = {}
    if measures.rise_px is None:
        reasons["edge_spread_px"] = "no edges"
    if sigma is None:
        reasons["noise_sigma_8bit"] = "no blocks with detail"
    if measures.blockiness is None:
        reasons["blockiness"] = "too small for a block grid"
    if not moving:
        reasons["noise_temporal_sigma_8bit"] = "no two frames differ" if len(clip) > 1 else "one frame"
    return Measurement(
        category=name,
        severity=severity,
        confidence=confidence,
        edge_spread_px=measures.rise_px,
        noise_sigma_8bit=sigma,
        noise_temporal_sigma_8bit=_median([n.sigma for n in moving]),
        dither=dither,
        resolution_cutoff=1.0 / (factor or 1.0),
        effective_width_px=clip.frames.shape[2] / (factor or 1.0),
        eye_distance_px=eyes,
        blockiness=measures.blockiness,
        reasons=reasons,
    )


def _median(values: Sequence[float]) -> float | None:
    return float(np.median(values)) if len(values) else None
