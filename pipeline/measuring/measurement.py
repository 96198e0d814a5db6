"""From a clip to its `Measurement`."""

from collections.abc import Sequence

import numpy as np

from pipeline.clips.clip import Clip
from pipeline.measuring.evidence import Evidence, gather
from pipeline.measuring.sample import Landmarks
from pipeline.measuring.severity import Damage, category, noise_by_measure, severities
from pipeline.report import Measurement, NoiseMeasure

_SURE_EDGES = 400
_SURE_PX = 128.0
_SURE_COLOURS = 64.0  # text, drawings and 1-bit pictures have fewer


def measure(clip: Clip, landmarks: Sequence[Landmarks] | None = None) -> Measurement:
    """Measure the damage of a clip on up to three pairs of neighbouring frames, spread over it.

    `landmarks` are five points (5, 2) in px, x and y, the two eyes first, of the largest face of any frames; None where
    nobody looked for faces. With faces the edges are theirs. What has no answer is None, with its reason in `reasons`;
    no value is ever NaN. `spread` is the standard deviation over the frames looked at.
    """
    found = gather(clip, landmarks or ())
    severity = severities(found.damage)
    name, margin = category(severity)
    return Measurement(
        category=name,
        severity=severity,
        confidence=float(margin * _trust(clip, found)),
        edge_spread_px=found.edge_spread_px,
        motion_blur_px=found.streak.length_px if found.streak else None,
        motion_blur_deg=found.streak.angle_deg if found.streak else None,
        noise_sigma_8bit=found.sigma_8bit,
        noise_temporal_sigma_8bit=found.temporal_sigma_8bit,
        dither=found.dither_8bit,
        resolution_cutoff=found.cutoff,
        effective_width_px=clip.frames.shape[2] / found.damage.factor,
        eye_distance_px=found.damage.eye_distance_px,
        blockiness=found.blockiness,
        quantisation_8bit=found.damage.quantised_8bit,
        noise_measure=_noise_measure(found.damage),
        spread=found.spread,
        reasons=found.reasons | _of_faces(landmarks),
    )


def _noise_measure(damage: Damage) -> NoiseMeasure | None:
    by_measure = noise_by_measure(damage)
    first = max(by_measure, key=lambda measure: by_measure[measure])
    return first if by_measure[first] > 0 else None


def _of_faces(landmarks: Sequence[Landmarks] | None) -> dict[str, str]:
    if landmarks:
        return {}
    return {"eye_distance_px": "nobody looked for faces" if landmarks is None else "no face was found"}


def _trust(clip: Clip, found: Evidence) -> float:
    """Return 0 to 1: little on few edges or colours, on tiny frames and on one frame."""
    edges = min(1.0, found.edges / _SURE_EDGES)
    size = min(1.0, min(clip.frames.shape[1:3]) / _SURE_PX)
    colours = min(1.0, found.colours / _SURE_COLOURS)
    return float(np.sqrt(edges * size * colours) * (1.0 if len(clip) > 1 else 0.7))
