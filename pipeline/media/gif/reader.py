"""Reads a GIF frame by frame, as players show it.

Delays stay as the file has them (clause 23: hundredths of a second). A delay of 0 stays 0, although players show it as
100 ms. A damaged file gives the whole frames before the damage, and a warning. If the blocks of an image are whole but
its data end early, the rows that have data are drawn, as players do.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, UInt8
from pipeline.clips.clip import Clip, Frame, MediaInfo
from pipeline.errors import Unreadable
from pipeline.settings import Limits

from ..files import open_input
from ..limits import check_frames, check_picture
from ..reader import Reader
from . import lzw
from .blocks import Blocks, Damage, Picture, Screen
from .compose import Canvas, colours

# Clause 18: where a GIF has no table, the decoder uses its own, whose first two entries should be black and white.
_DEFAULT_TABLE = bytes([0, 0, 0, 255, 255, 255]) + bytes(v for i in range(2, 256) for v in (i, i, i))


class GifReader(Reader):
    """An open GIF of any version. The constructor raises Unreadable and TooLarge."""

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        super().__init__(file)
        self._name = name
        try:
            self._screen, self._pictures, loop, warnings = _index(file, name, limits)
        except Exception:
            file.close()
            raise
        self.info = MediaInfo(
            format="gif",
            width=self._screen.width,
            height=self._screen.height,
            frames=len(self._pictures),
            duration_ms=sum(10 * p.control.delay_cs for p in self._pictures),
            loop=loop,
            bytes=os.fstat(file.fileno()).st_size,
            warnings=warnings,
        )

    def _frames(self) -> Iterator[Frame]:
        screen = self._screen
        background = screen.table[3 * screen.background : 3 * screen.background + 3] or b"\0\0\0"
        canvas = Canvas(screen.width, screen.height, background)
        for number, picture in enumerate(self._pictures):
            try:
                indices, drawn_rows = self._decode(picture, number)
            except lzw.Corrupt as error:
                if number == 0:
                    raise Unreadable(f"{self._name}: the first frame is damaged ({error}); copy it anew") from error
                self._damage.append(f"frame {number} is damaged ({error}); the {number} frames before it were read")
                return
            canvas.draw(picture, indices, self._table(picture), drawn_rows)
            yield Frame(*canvas.shown(), 10 * picture.control.delay_cs)

    def _decode(self, picture: Picture, number: int) -> tuple[UInt8, Bool | None]:
        if not picture.width * picture.height:
            return np.empty((picture.height, picture.width), np.uint8), None
        data = self._read(picture.data_at, picture.data_bytes)
        indices, stored = lzw.decode(data, picture.width, picture.height, picture.interlaced)
        if stored == picture.height:
            return indices, None
        if number == 0 and not stored:
            raise lzw.Corrupt("no row of pixels")
        self._damage.append(f"frame {number} has only {stored} of its {picture.height} rows")
        return indices, lzw.rows_with_data(picture.height, stored, picture.interlaced)

    def _table(self, picture: Picture) -> NDArray[np.uint32]:
        table = self._screen.table or _DEFAULT_TABLE
        if picture.table_at is not None:
            table = self._read(picture.table_at, 3 * picture.table_length)
        return colours(table, picture.control.transparent)

    def _read(self, at: int, count: int) -> bytes:
        data = os.pread(self._file.fileno(), count, at)
        if len(data) < count:
            raise lzw.Corrupt("the file was cut off while it was read")
        return data


def read(path: Path, limits: Limits = Limits()) -> Clip:  # noqa: B008 - frozen
    """Read all frames of a GIF at once. Raises Unreadable and TooLarge."""
    with GifReader(open_input(Path(path), limits), Path(path).name, limits) as reader:
        return Clip.of(reader, reader.info.loop)


def _index(file: BinaryIO, name: str, limits: Limits) -> tuple[Screen, list[Picture], int | None, tuple[str, ...]]:
    """Return the screen, the place of each whole image, the loop count, and warnings about damaged blocks."""
    blocks = Blocks(file, name)
    screen, pictures, warnings = blocks.screen, list[Picture](), list[str]()
    check_picture(name, screen.width, screen.height, limits)
    try:
        while picture := blocks.next_picture():
            check_picture(name, picture.width, picture.height, limits)
            pictures.append(picture)
            check_frames(name, screen.width, screen.height, len(pictures), limits)
    except Damage as damage:
        if not pictures:
            raise Unreadable(f"{name} is damaged before its first whole frame ({damage}); copy it anew") from damage
        warnings.append(f"{damage}; {len(pictures)} whole frames lie before")
    if not pictures:
        raise Unreadable(f"{name} holds no picture; it needs at least one frame")
    if not screen.width * screen.height:  # players then use the size of the first image that has pixels
        first = next((p for p in pictures if p.width * p.height), pictures[0])
        screen = replace(screen, width=first.left + first.width, height=first.top + first.height)
        check_frames(name, screen.width, screen.height, len(pictures), limits)
    if not screen.width * screen.height:
        raise Unreadable(f"{name} is {screen.width}×{screen.height} px; it and its images have no pixels to show")
    return screen, pictures, blocks.loop, tuple(warnings)
