"""Writes lossless APNG: Pillow codes each picture; we write the animation's chunks, so no frame is merged or dropped.

The chunks acTL, fcTL and fdAT are those of the PNG Specification, third edition (W3C 2025).
"""

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.clips.clip import Frame
from pipeline.whole_files import write_whole

from .changes import Change, changes
from .written import Written

_MAX_MS = 0xFFFF
_ACTL_OFFSET = 8 + 25  # after the signature and IHDR


def write_apng(frames: Iterable[Frame], loop: int | None, path: Path) -> Written:
    """Write frames of equal size with their alpha; delays in ms up to 65535.

    Raises ValueError if there are no frames, and NoSpace.
    """
    plays = 1 if loop is None else 0 if loop == 0 else loop + 1
    count = sequence = 0
    with write_whole(path) as part, part.open("wb") as file:
        for frame, change in changes(frames, always_alpha=True):
            if not count:
                height, width = frame.rgb.shape[:2]
                header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
                file.write(
                    b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"acTL", struct.pack(">II", 1, plays))
                )
            file.write(_chunk(b"fcTL", _frame_control(sequence, change, frame.duration_ms)))
            sequence += 1
            for data in _image_data(change):
                if count:
                    file.write(_chunk(b"fdAT", struct.pack(">I", sequence) + data))
                    sequence += 1
                else:
                    file.write(_chunk(b"IDAT", data))
            count += 1
        if not count:
            raise ValueError("an APNG has at least one frame")
        file.write(_chunk(b"IEND", b""))
        size = file.tell()
        file.seek(_ACTL_OFFSET)
        file.write(_chunk(b"acTL", struct.pack(">II", count, plays)))
    return Written(path, size, count)


def _frame_control(sequence: int, change: Change, duration_ms: int) -> bytes:
    height, width = change.rgb.shape[:2]
    keep_pixels, replace = 0, 0  # dispose_op and blend_op
    place = (sequence, width, height, change.left, change.top)
    return struct.pack(">IIIIIHHBB", *place, min(duration_ms, _MAX_MS), 1000, keep_pixels, replace)


def _image_data(change: Change) -> Iterator[bytes]:
    """Yield the zlib data of the picture, coded as a PNG."""
    assert change.alpha is not None
    still = io.BytesIO()
    Image.fromarray(np.dstack([change.rgb, change.alpha])).save(still, "PNG", compress_level=6)
    data, at = still.getvalue(), 8
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IDAT":
            yield data[at + 8 : at + 8 + size]
        at += 12 + size


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
