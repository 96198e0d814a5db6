"""Dither: pixels that alternate between two colours of a palette, which no sensor's noise does.

Ulichney 1987 ("Digital Halftoning"): both error diffusion and ordered dither paint a tone between two colours by
alternating them. Three pixels of colours a, b, a in a row are counted with the step between a and b.
"""

import numpy as np

from pipeline.clip import UInt8

_EDGE = 96  # levels; a greater step is a stroke one pixel wide, of text or a drawing


def amplitude(rgb: UInt8) -> float | None:
    """Return the RMS step of alternating pixels over the whole (H, W, 3) uint8 frame, in 8-bit levels.

    About the RMS difference that dithering made; None below 3 × 3 px.
    """
    if min(rgb.shape[:2]) < 3:
        return None
    levels = rgb.astype(np.int16)
    return float(np.sqrt((_power(levels) + _power(levels.transpose(1, 0, 2))) / 2.0))


def _power(levels: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> float:
    step = levels[1:-1] - levels[:-2]
    greatest = np.abs(step).max(axis=2)
    alternating = (levels[:-2] == levels[2:]).all(axis=2) & (greatest > 0) & (greatest < _EDGE)
    squared = np.square(step[alternating].astype(np.float64)).sum() / 3.0
    return float(squared / alternating.size)
