"""Puts all damage on one scale: 0 = none, 1 = just visible, and each doubling beyond that adds 1.

The thresholds are calibrated with `benchmarks/calibrate.py`: clean clips stay below 1, and a single damage that changes
the clip by 3 grey levels RMS or more comes out above 1.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.report import Category, NoiseMeasure

_BLUR_PX = 0.62  # standard deviation; a sharp photograph shrunk to GIF size has 0.3 to 0.6
_STREAK_PX = 2.6
_SIGMA_8BIT = 2.9
_DITHER_8BIT = 3.3  # GIFs as people share them have 0.8 to 2.6
_QUANTISED_8BIT = 1.4  # of the luma; colour loses more
_CODEC = 4.0  # prominence of a grid that counts as noise by itself; camera video stays below 3
_ENLARGED = 0.2  # beyond 1
_NARROW_PX = 144.0
_NEAR_EYES_PX = 18.0
_NAMES: dict[str, Category] = {"blur": "blurry", "noise": "noisy", "low_res": "low_res"}


@dataclass(frozen=True, slots=True)
class Damage:
    """The input of the severities; 0 where a value could not be measured.

    `blur_px` is a standard deviation, `streak_px` a length, `factor` the enlargement (1 = none), `grid` the prominence
    of a block codec's grid, `blockiness` its steps, and `quantised_8bit` the RMS error of its quantisation.
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

    Enlarging a picture widens its edges too, so blur counts in pixels of the small picture.
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
    """Return the category of the highest severity (`clean` if all are below 1) and its margin, 0 to 1."""
    ranked = sorted(severity, key=severity.__getitem__, reverse=True)
    first, second = severity[ranked[0]], severity[ranked[1]]
    if first < 1.0:
        return "clean", 1.0 - first
    return _NAMES[ranked[0]], min(1.0, first - max(1.0, second))


def _scale(amount: float, visible: float) -> float:
    share = amount / visible
    return float(share if share < 1.0 else 1.0 + np.log2(share))
