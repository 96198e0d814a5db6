"""One scale for all damage: 0 = none, 1 = as much as is visible, each doubling of the measure beyond adds 1.

The thresholds are calibrated with `benchmarks/calibrate.py`: clean clips stay below 1, single damages that change the
clip by 3 grey levels RMS or more come out above.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.report import Category, NoiseMeasure

_BLUR_PX = 0.62  # standard deviation; a sharp photograph shrunk to GIF size has 0.3 to 0.6
_STREAK_PX = 2.6
_SIGMA_8BIT = 2.9
_DITHER_8BIT = 3.3  # GIFs as people share them have 0.8 to 2.6
_QUANTISED_8BIT = 1.4  # of the luma; colour loses more
_CODEC = 4.0  # prominence of a grid that is noise by itself; camera video has less than 3
_ENLARGED = 0.2  # beyond 1
_NARROW_PX = 144.0
_NEAR_EYES_PX = 18.0
_NAMES: dict[str, Category] = {"blur": "blurry", "noise": "noisy", "low_res": "low_res"}


@dataclass(frozen=True, slots=True)
class Damage:
    """What the severities are made of; 0 where there is no answer.

    `blur_px` is a standard deviation, `streak_px` a length; `factor` the enlargement (1 = none), `grid` the
    prominence of a block codec's grid, `blockiness` its step and `quantised_8bit` what its quantisation cost.
    """

    blur_px: float
    streak_px: float
    sigma_8bit: float
    dither_8bit: float
    grid: float
    blockiness: float
    quantised_8bit: float
    factor: float
    width_px: float
    eye_distance_px: float | None


def severities(damage: Damage) -> dict[str, float]:
    """Return the severity of blur, noise and low_res.

    An enlarged picture's edges spread with it, so its blur counts in the small picture's pixels.
    """
    blur = max(_scale(damage.blur_px / damage.factor, _BLUR_PX), _scale(damage.streak_px / damage.factor, _STREAK_PX))
    noise = max(noise_by_measure(damage).values())
    low_res = max(_scale(damage.factor - 1.0, _ENLARGED), _scale(_NARROW_PX * damage.factor, damage.width_px))
    if damage.eye_distance_px:
        low_res = max(low_res, _scale(_NEAR_EYES_PX * damage.factor, damage.eye_distance_px))
    return {"blur": blur, "noise": noise, "low_res": low_res}


def noise_by_measure(damage: Damage) -> dict[NoiseMeasure, float]:
    """Return the severity of each kind of noise; the greatest is the clip's."""
    return {
        "sigma": _scale(damage.sigma_8bit, _SIGMA_8BIT),
        "dither": _scale(damage.dither_8bit, _DITHER_8BIT),
        "JPEG": _scale(damage.quantised_8bit, _QUANTISED_8BIT),
        "blocks": 1.0 + min(2.0, 2.0 * damage.blockiness) if damage.grid > _CODEC else 0.0,
    }


def category(severity: dict[str, float]) -> tuple[Category, float]:
    """Return the category of the greatest severity, `clean` where all are under 1, and the margin 0 to 1."""
    ranked = sorted(severity, key=severity.__getitem__, reverse=True)
    first, second = severity[ranked[0]], severity[ranked[1]]
    if first < 1.0:
        return "clean", 1.0 - first
    return _NAMES[ranked[0]], min(1.0, first - max(1.0, second))


def _scale(amount: float, visible: float) -> float:
    share = amount / visible
    return float(share if share < 1.0 else 1.0 + np.log2(share))
