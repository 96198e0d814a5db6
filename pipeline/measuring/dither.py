"""Measures dither: pixels that alternate between two colours of a palette, as sensor noise never does.

Both error diffusion and ordered dither paint a tone between two colours by alternating them (Ulichney 1987, "Digital
Halftoning"). We count three pixels of colours a, b, a in a row, and the step between a and b.
"""

import numpy as np

from pipeline.arrays import Int32, UInt8

_PALETTE = 256  # colours; a grey picture never has more, so its count proves nothing
_EDGE = 96  # levels; a greater step is a stroke one pixel wide, of text or a drawing


def amplitude(rgb: UInt8) -> float | None:
    """Return the RMS step of alternating pixels over the whole (H, W, 3) uint8 frame, in 8-bit levels.

    It is about the RMS error that dithering added. None below 3 × 3 px.
    """
    if min(rgb.shape[:2]) < 3:
        return None
    colour = rgb.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    down = _power(rgb, colour)
    across = _power(rgb.transpose(1, 0, 2), colour.T)
    return float(np.sqrt((down + across) / 2.0))


def colours(rgb: UInt8) -> int:
    """Count the colours in every fourth row of a (H, W, 3) uint8 frame."""
    return len(np.unique(rgb[::4].reshape(-1, 3).astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)))


def is_palette(rgb: UInt8) -> bool:
    """Whether a (H, W, 3) uint8 frame was reduced to as few colours as a GIF has."""
    rows = rgb[::4].reshape(-1, 3)
    return bool((rows != rows[:, :1]).any()) and colours(rgb) <= min(_PALETTE, len(rows) // 8)


def _power(rgb: UInt8, colour: Int32) -> float:
    alternating = (colour[:-2] == colour[2:]) & (colour[:-2] != colour[1:-1])
    step = rgb[1:-1][alternating].astype(np.int32) - rgb[:-2][alternating]
    dithered = np.square(step[np.abs(step).max(axis=1) < _EDGE]).sum() / 3.0
    return float(dithered / alternating.size)
