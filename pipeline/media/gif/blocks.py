"""Parses the blocks of a GIF without decoding a pixel.

Clause numbers are those of "Graphics Interchange Format, Version 89a" (CompuServe, 31 July 1990).
"""

import struct
from dataclasses import dataclass
from typing import BinaryIO

from pipeline.errors import Unreadable

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_LOOP_EXTENSIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


@dataclass(frozen=True, slots=True)
class Control:
    """A graphic control extension (clause 23); `delay_cs` in hundredths of a second."""

    disposal: int = 0
    delay_cs: int = 0
    transparent: int | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One image (clauses 20 to 22): its rectangle in px, and the file offsets of its colour table and its data.

    `table_at` is None if the image uses the global colour table. The data begin with the LZW code size and end after
    the block terminator; an image without pixels may have none.
    """

    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    table_at: int | None
    table_length: int
    data_at: int
    data_bytes: int
    control: Control


@dataclass(frozen=True, slots=True)
class Screen:
    """The logical screen (clause 18) in px; `table` is the global colour table as RGB bytes, or empty."""

    width: int
    height: int
    background: int
    table: bytes


class Damage(Exception):
    """The file is damaged from here on; the images before this point are valid."""


class Blocks:
    """Reads block after block. `loop` holds the loop count once its extension has been read."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self.loop: int | None = None
        self.screen = self._read_header(name)

    def _read_header(self, name: str) -> Screen:
        self._file.seek(0)
        head = self._file.read(13)
        if head[:6] not in (b"GIF87a", b"GIF89a"):
            raise Unreadable(f"{name} does not begin as a GIF does (GIF87a or GIF89a); it is something else")
        if len(head) < 13:
            raise Unreadable(f"{name} ends within its header; copy it anew")
        width, height, flags, background, _aspect = struct.unpack("<HHBBB", head[6:])
        table = self._file.read(3 * (2 << (flags & 7))) if flags & 0x80 else b""
        return Screen(width, height, background, table)

    def next_picture(self) -> Picture | None:
        """Return the next image, or None at the trailer. Raises Damage if the blocks are cut off or invalid."""
        control = Control()
        while True:
            introducer = self._read_byte()
            if introducer == _IMAGE:
                return self._read_picture(control)
            if introducer == _TRAILER:
                return None
            if introducer == _EXTENSION:
                control = self._read_extension(control)
            elif introducer != 0:  # some encoders leave a stray block terminator, which is harmless
                raise Damage(f"byte {self._file.tell() - 1} is {introducer:#04x} where a block should begin")

    def _read_extension(self, control: Control) -> Control:
        label = self._read_byte()
        first = self._read_sub_block()
        if label == 0xF9 and len(first) >= 4:
            control = _parse_control(first)
        elif label == 0x01:  # a plain text is a graphic too, and the control applies to it (clauses 23 and 25)
            control = Control()
        elif label == 0xFF and first in _LOOP_EXTENSIONS:
            self._read_loop_count()
            return control
        if first:
            self._skip_sub_blocks()
        return control

    def _read_loop_count(self) -> None:
        while block := self._read_sub_block():
            if len(block) >= 3 and block[0] & 7 == 1:
                self.loop = block[1] | block[2] << 8

    def _read_picture(self, control: Control) -> Picture:
        left, top, width, height, flags = struct.unpack("<HHHHB", self._read_exactly(9))
        table_length = 2 << (flags & 7) if flags & 0x80 else 0
        table_at = self._file.tell() if table_length else None
        self._read_exactly(3 * table_length)
        data_at = self._file.tell()
        if width * height or not self._block_begins():  # some encoders leave out the data of an image without pixels
            self._read_byte()
            self._skip_sub_blocks()
        data_bytes = self._file.tell() - data_at
        interlaced = bool(flags & 0x40)
        return Picture(left, top, width, height, interlaced, table_at, table_length, data_at, data_bytes, control)

    def _block_begins(self) -> bool:
        """Tell whether a block begins here, where an image's LZW code size may stand: that is at most 12."""
        introducer = self._read_byte()
        self._file.seek(-1, 1)
        return introducer in (_EXTENSION, _IMAGE, _TRAILER)

    def _read_sub_block(self) -> bytes:
        return self._read_exactly(self._read_byte())

    def _skip_sub_blocks(self) -> None:
        # Reading is faster than seeking here, and detects a file that ends inside the block.
        read = self._file.read
        while size := read(1):
            length = size[0]
            if not length:
                return
            if len(read(length)) < length:
                break
        raise Damage("the file ends within a block")

    def _read_byte(self) -> int:
        return self._read_exactly(1)[0]

    def _read_exactly(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) < count:
            raise Damage("the file ends before its trailer")
        return data


def _parse_control(block: bytes) -> Control:
    flags, delay, transparent, *_ = struct.unpack_from("<BHB", block)
    return Control(flags >> 2 & 7, delay, transparent if flags & 1 else None)
