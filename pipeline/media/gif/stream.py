"""Writes encoded frames as the blocks of GIF89a, in one pass.

Delays are multiples of 10 ms; where a frame's own delay is not, the running total is rounded. Every frame becomes an
image of the file, duplicate frames too.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, pairwise
from typing import BinaryIO, NamedTuple

import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame

from ..timing import MAX_MS, UNIT_MS, rounded
from .encoder import Encoder, Image, Tuning

Frames = Callable[[], Iterable[Frame]]
MAX_SIDE = MAX_LOOP = 0xFFFF


class Encoded(NamedTuple):
    """The result of one pass; if it stopped early, `bytes` is above the limit. `every` is as in `Written`."""

    bytes: int
    frames: int
    psnr_db: float
    notes: tuple[str, ...]
    every: int = 1


def encode(
    frames: Iterable[Frame], loop: int | None, file: BinaryIO, tuning: Tuning, max_bytes: int = 0, comment: str = ""
) -> Encoded:
    """Encode into `file` from its current offset; stop early once it exceeds `max_bytes` (0 = no limit).

    A `comment` goes before the first image, as clause 24 has it, in UTF-8.
    """
    start = file.tell()
    encoder: Encoder | None = None
    count, shortened, table = 0, 0, b""
    for (frame, duration), following in _with_next(rounded((f, f.duration_ms) for f in frames)):
        if encoder is None:
            height, width = frame.rgb.shape[:2]
            encoder = Encoder(width, height, tuning)
        image = encoder.encode(frame, following)
        if not count:
            table = _table(image)
            file.write(_header(frame, table, loop) + _comment(comment))
        file.write(_image(image, min(duration, MAX_MS), table))
        count, shortened = count + 1, shortened + (duration > MAX_MS)
        if max_bytes and file.tell() - start > max_bytes:
            break
    if encoder is None:
        raise ValueError("a GIF has at least one frame")
    file.write(b";")
    mean = encoder.squared_error / max(encoder.samples, 1)
    psnr = min(80.0, 10 * float(np.log10(255**2 / max(mean, 1e-9))))
    notes = (f"{shortened} delays were cut to {MAX_MS / 1000:g} s, the longest a GIF can hold",) if shortened else ()
    return Encoded(file.tell() - start, count, psnr, notes)


def _with_next(timed: Iterator[tuple[Frame, int]]) -> Iterator[tuple[tuple[Frame, int], Frame | None]]:
    for current, following in pairwise(chain(timed, [None])):
        assert current is not None
        yield current, None if following is None else following[0]


def _header(frame: Frame, table: bytes, loop: int | None) -> bytes:
    height, width = frame.rgb.shape[:2]
    if not 0 < max(width, height) <= MAX_SIDE:
        raise ValueError(f"{width}×{height} px; a GIF's sides are 1 to {MAX_SIDE}")
    flags = 0xF0 | _table_bits(table)  # a global table, 8 bits a channel
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + table
    if loop is None:
        return head
    return head + b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<HB", min(loop, MAX_LOOP), 0)


def _comment(text: str) -> bytes:
    return b"!\xfe" + _sub_blocks(np.frombuffer(text.encode(), np.uint8)) if text else b""


def _image(image: Image, duration_ms: int, global_table: bytes) -> bytes:
    table = _table(image)
    local = b"" if table == global_table else table
    disposal = 2 if image.clears else 1
    keep_index = len(image.palette) if image.keeps else 0
    control = struct.pack("<BHBB", disposal << 2 | image.keeps, duration_ms // UNIT_MS, keep_index, 0)
    flags = 0x80 | _table_bits(table) if local else 0
    place = struct.pack("<HHHHB", image.left, image.top, image.width, image.height, flags)
    return b"!\xf9\x04" + control + b"," + place + local + bytes([image.code_size]) + _sub_blocks(image.codes)


def _table(image: Image) -> bytes:
    """Return the palette as RGB bytes, padded to a power of two."""
    size = 1 << max(1, (len(image.palette) - 1 + image.keeps).bit_length())
    return image.palette.tobytes().ljust(3 * size, b"\0")


def _table_bits(table: bytes) -> int:
    return (len(table) // 3).bit_length() - 2


def _sub_blocks(data: UInt8) -> bytes:
    full = len(data) // 255
    blocks = np.full((full, 256), 255, np.uint8)
    blocks[:, 1:] = data[: 255 * full].reshape(full, 255)
    rest = data[255 * full :].tobytes()
    return blocks.tobytes() + (bytes([len(rest)]) + rest if rest else b"") + b"\0"
