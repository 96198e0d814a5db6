"""What a player shows: images drawn over each other on the logical screen, as clause 23 of GIF89a disposes of them.

Pixels that no image covers are transparent, as every browser shows them; clause 18 would have the background colour,
which is the colour they carry beneath. Disposal 2 makes pixels uncovered again. Disposal 3 puts back what was there
before the image was drawn; so does the undefined 4, which early encoders wrote for it. 5 to 7 dispose of nothing.
A colour index beyond the table draws nothing. Images are clipped to the screen (clause 20 wants them inside it).
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, UInt8

from .blocks import Control, Picture

Rgba32 = NDArray[np.uint32]  # one pixel each, R in the lowest byte; alpha is 0 or 255
_ALPHA = np.frombuffer(bytes([0, 0, 0, 255]), np.uint32)[0]


def colours(table: bytes, transparent: int | None) -> Rgba32:
    """A table of RGB bytes as 256 pixels; the transparent one and those beyond the table are 0."""
    rgba = np.zeros((256, 4), np.uint8)
    count = len(table) // 3
    rgba[:count, :3] = np.frombuffer(table[: 3 * count], np.uint8).reshape(count, 3)
    rgba[:count, 3] = 255
    if transparent is not None:
        rgba[transparent] = 0
    return rgba.view(np.uint32)[:, 0]


@dataclass(frozen=True, slots=True)
class _Undo:
    area: tuple[slice, slice]
    pixels: Rgba32 | np.uint32


class Canvas:
    """The logical screen of `width` × `height` px; `background` is the (R, G, B) under uncovered pixels."""

    def __init__(self, width: int, height: int, background: bytes) -> None:
        self._ground = np.frombuffer(background + b"\0", np.uint32)[0]
        self._pixels: Rgba32 = np.full((height, width), self._ground)
        self._undo: _Undo | None = None
        self._opaque = False  # known to be covered everywhere, which only an undone image can change

    def draw(self, picture: Picture, indices: UInt8, table: Rgba32, drawn_rows: Bool | None) -> None:
        """Dispose of the image before, then draw this one: `indices` (h, w) into `table` (256,).

        `drawn_rows` (h,) tells which rows have data; None means all.
        """
        if self._undo is not None:
            self._pixels[self._undo.area] = self._undo.pixels
            self._opaque = False
        height, width = self._pixels.shape
        area = (
            slice(picture.top, min(picture.top + picture.height, height)),
            slice(picture.left, min(picture.left + picture.width, width)),
        )
        region = self._pixels[area]
        self._undo = self._undoing(picture.control, area)
        seen = cv2.LUT(indices[: region.shape[0], : region.shape[1]], table.view(np.int32)) if region.size else region
        self._put(region, seen.view(np.uint32), drawn_rows)

    def _put(self, region: Rgba32, seen: Rgba32, drawn_rows: Bool | None) -> None:
        drawn = seen != 0
        if drawn_rows is not None:
            drawn &= drawn_rows[: len(drawn), None]
        if drawn.all():
            region[...] = seen
        else:
            np.copyto(region, seen, where=drawn)

    def _undoing(self, control: Control, area: tuple[slice, slice]) -> _Undo | None:
        if control.disposal == 2:
            return _Undo(area, self._ground)
        if control.disposal in (3, 4):
            return _Undo(area, self._pixels[area].copy())
        return None

    def shown(self) -> tuple[UInt8, UInt8 | None]:
        """The screen now: rgb (H, W, 3) and alpha (H, W), None where all of it is covered."""
        rgba = self._pixels.view(np.uint8).reshape(*self._pixels.shape, 4)
        rgb = np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), np.uint8)
        self._opaque = self._opaque or bool((self._pixels & _ALPHA).all())
        return rgb, None if self._opaque else rgba[..., 3].copy()
