"""Composes what a player shows: draws images onto the logical screen and disposes of them as in clause 23 of GIF89a.

Pixels that no image covers are transparent, as in every browser; under the transparency they have the background
colour that clause 18 asks for. Disposal 2 makes pixels uncovered again. Disposal 3 restores the pixels from before the
image was drawn; so does the undefined value 4, which early encoders wrote for 3. Values 5 to 7 change nothing.
A colour index beyond the table draws nothing. Images are clipped to the screen, which clause 20 wants them inside.
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
    """Return a table of RGB bytes as 256 pixels; the transparent colour and those beyond the table are 0."""
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
        self._background = np.frombuffer(background + b"\0", np.uint32)[0]
        self._pixels: Rgba32 = np.full((height, width), self._background)
        self._undo: _Undo | None = None
        self._opaque = False  # known to be covered everywhere; only disposing of an image can change that

    def draw(self, picture: Picture, indices: UInt8, table: Rgba32, drawn_rows: Bool | None) -> None:
        """Dispose of the previous image, then draw this one: `indices` (h, w) into `table` (256,).

        `drawn_rows` (h,) marks the rows that have data; None means all.
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
        self._undo = self._undo_for(picture.control, area)
        image_pixels = (
            cv2.LUT(indices[: region.shape[0], : region.shape[1]], table.view(np.int32)) if region.size else region
        )
        self._put(region, image_pixels.view(np.uint32), drawn_rows)

    def _put(self, region: Rgba32, image_pixels: Rgba32, drawn_rows: Bool | None) -> None:
        drawn = image_pixels != 0
        if drawn_rows is not None:
            drawn &= drawn_rows[: len(drawn), None]
        if drawn.all():
            region[...] = image_pixels
        else:
            np.copyto(region, image_pixels, where=drawn)

    def _undo_for(self, control: Control, area: tuple[slice, slice]) -> _Undo | None:
        if control.disposal == 2:
            return _Undo(area, self._background)
        if control.disposal in (3, 4):
            return _Undo(area, self._pixels[area].copy())
        return None

    def shown(self) -> tuple[UInt8, UInt8 | None]:
        """Return the screen: rgb (H, W, 3) uint8 and alpha (H, W) uint8, None if all of it is covered."""
        rgba = self._pixels.view(np.uint8).reshape(*self._pixels.shape, 4)
        rgb = np.asarray(cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), np.uint8)
        self._opaque = self._opaque or bool((self._pixels & _ALPHA).all())
        return rgb, None if self._opaque else rgba[..., 3].copy()
