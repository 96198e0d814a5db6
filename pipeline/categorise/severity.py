"""One scale for all damage: 0 = none, 1 = as much as the eye notices, calibrated on `pipeline.degrade`."""

from dataclasses import dataclass

from pipeline.report import Category

_CLEAN_RISE_PX = 2.2
_VISIBLE_RISE_PX = 3.0
_VISIBLE_NOISE_8BIT = 2.5
_VISIBLE_BLOCKINESS = 0.12
_TRACE = 9.0
_NARROW_PX = 128
_NEAR_EYES_PX = 20.0
_NAMES: dict[str, Category] = {"blur": "blurry", "noise": "noisy", "low_res": "low_res"}


@dataclass(frozen=True, slots=True)
class Measures:
    """What the severities are made of; None where there is no answer."""

    rise_px: float | None
    sigma: float | None
    dither: float | None
    blockiness: float | None
    factor: float | None
    width_px: int
    eye_distance_px: float | None


def severities(m: Measures) -> dict[str, float]:
    """Return the severity of blur, noise and low_res."""
    factor = m.factor or 1.0
    rise = (m.rise_px or 0.0) / max(1.0, factor)
    blur = max(0.0, (rise - _CLEAN_RISE_PX) / (_VISIBLE_RISE_PX - _CLEAN_RISE_PX))
    noise = max((m.sigma or 0.0) / _VISIBLE_NOISE_8BIT, (m.dither or 0.0) / _VISIBLE_NOISE_8BIT)
    noise = max(noise, (m.blockiness or 0.0) / _VISIBLE_BLOCKINESS if factor < 1.5 else 0.0)
    low_res = max(_NARROW_PX / max(1.0, m.width_px / factor), (factor - 1.0) * 2.0)
    if m.eye_distance_px:
        low_res = max(low_res, _NEAR_EYES_PX / m.eye_distance_px)
    return {"blur": blur, "noise": noise, "low_res": low_res}


def category(severity: dict[str, float]) -> tuple[Category, float]:
    """Return the category of the greatest severity, `clean` where all are under 1, and the confidence 0 to 1."""
    ranked = sorted(severity, key=severity.__getitem__, reverse=True)
    first, second = severity[ranked[0]], severity[ranked[1]]
    if first < 1.0:
        return "clean", 1.0 - first
    return _NAMES[ranked[0]], min(1.0, (first - max(1.0, second)) / first + 0.1)
