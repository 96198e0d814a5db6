"""Finds the smallest rectangle in which a frame differs from the frame previous it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame


class Change(NamedTuple):
    """Pixels to put at `left`, `top` (px): rgb (h, w, 3) uint8 and alpha (h, w) uint8, None if all are opaque."""

    left: int
    top: int
    rgb: UInt8
    alpha: UInt8 | None


def changes(frames: Iterable[Frame], align: int = 1, always_alpha: bool = False) -> Iterator[tuple[Frame, Change]]:
    """Yield each frame with the rectangle it changes: all of the first frame, at least one pixel of any other.

    The rectangle begins at multiples of `align` px. `always_alpha` fills in an opaque alpha where there is none.
    """
    previous: UInt8 | None = None
    for frame in frames:
        opaque = np.full(frame.rgb.shape[:2], 255, np.uint8)
        rgba = np.dstack([frame.rgb, opaque if frame.alpha is None else frame.alpha])
        if previous is not None and previous.shape != rgba.shape:
            raise ValueError(f"a frame of {rgba.shape[:2]} among frames of {previous.shape[:2]} (height, width)")
        top, bottom, left, right = _rectangle(rgba, previous, align)
        changed = rgba[top:bottom, left:right]
        has_alpha = always_alpha or bool((changed[..., 3] < 255).any())
        alpha = np.ascontiguousarray(changed[..., 3]) if has_alpha else None
        yield frame, Change(left, top, np.ascontiguousarray(changed[..., :3]), alpha)
        previous = rgba


def _rectangle(rgba: UInt8, previous: UInt8 | None, align: int) -> tuple[int, int, int, int]:
    if previous is None:
        return 0, rgba.shape[0], 0, rgba.shape[1]
    differs = (rgba != previous).any(2)
    rows, columns = np.flatnonzero(differs.any(1)), np.flatnonzero(differs.any(0))
    if not len(rows):
        return 0, 1, 0, 1
    top, left = int(rows[0]) // align * align, int(columns[0]) // align * align
    return top, int(rows[-1]) + 1, left, int(columns[-1]) + 1
