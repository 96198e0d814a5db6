"""Measures a clip: `measure` returns its `Measurement`."""

from collections.abc import Sequence

import numpy as np

from pipeline.clips.clip import Clip
from pipeline.measuring.evidence import Evidence, gather
from pipeline.measuring.sample import Landmarks
from pipeline.measuring.severity import Damage, category, noise_by_measure, severities
from pipeline.report import Measurement, NoiseMeasure

_ENOUGH_EDGES = 400
_ENOUGH_PX = 128.0
_ENOUGH_COLOURS = 64.0  # text, drawings and 1-bit pictures have fewer


def measure(clip: Clip, landmarks: Sequence[Landmarks] | None = None) -> Measurement:
    """Measure the damage of a clip on up to three pairs of neighbouring frames, spread over it.

    `landmarks` are the five points (5, 2) of the largest face of any frames, as x and y in px, the two eyes first. They
    are None if nobody looked for faces. Where there are faces, edges are measured on them. A value that could not be
    measured is None, with the reason in `reasons`; no value is ever NaN. `spread` is the standard deviation over the
    measured frames.
    """
    evidence = gather(clip, landmarks or ())
    severity = severities(evidence.damage)
    name, margin = category(severity)
    return Measurement(
        category=name,
        severity=severity,
        confidence=float(margin * _trust(clip, evidence)),
        edge_spread_px=evidence.edge_spread_px,
        motion_blur_px=evidence.streak.length_px if evidence.streak else None,
        motion_blur_deg=evidence.streak.angle_deg if evidence.streak else None,
        noise_sigma_8bit=evidence.sigma_8bit,
        noise_temporal_sigma_8bit=evidence.temporal_sigma_8bit,
        dither=evidence.dither_8bit,
        resolution_cutoff=evidence.cutoff,
        effective_width_px=clip.frames.shape[2] / evidence.damage.factor,
        eye_distance_px=evidence.damage.eye_distance_px,
        blockiness=evidence.blockiness,
        quantisation_8bit=evidence.damage.quantised_8bit,
        noise_measure=_noise_measure(evidence.damage),
        spread=evidence.spread,
        reasons=evidence.reasons | _face_reasons(landmarks),
    )


def _noise_measure(damage: Damage) -> NoiseMeasure | None:
    by_measure = noise_by_measure(damage)
    first = max(by_measure, key=lambda measure: by_measure[measure])
    return first if by_measure[first] > 0 else None


def _face_reasons(landmarks: Sequence[Landmarks] | None) -> dict[str, str]:
    if landmarks:
        return {}
    return {"eye_distance_px": "nobody looked for faces" if landmarks is None else "no face was found"}


def _trust(clip: Clip, evidence: Evidence) -> float:
    """Return 0 to 1: low for few edges or colours, for tiny frames and for a single frame."""
    edges = min(1.0, evidence.edges / _ENOUGH_EDGES)
    size = min(1.0, min(clip.frames.shape[1:3]) / _ENOUGH_PX)
    colours = min(1.0, evidence.colours / _ENOUGH_COLOURS)
    return float(np.sqrt(edges * size * colours) * (1.0 if len(clip) > 1 else 0.7))
