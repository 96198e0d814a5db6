"""APNG out, lossless: Pillow codes each picture, the animation's chunks are ours, so that every frame stays.

(PNG Specification, third edition, W3C 2025: acTL, fcTL and fdAT.)
"""

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.clips.clip import Frame

from .changes import Change, changes
from .files import whole
from .written import Written

_MAX_MS = 0xFFFF
_AC_TL_AT = 8 + 25  # after the signature and IHDR


def write_apng(frames: Iterable[Frame], loop: int | None, path: Path) -> Written:
    """Write frames of equal size with their alpha; delays in ms up to 65535. Raises ValueError on none, and NoSpace."""
    plays = 1 if loop is None else 0 if loop == 0 else loop + 1
    count = sequence = 0
    with whole(path) as part, part.open("wb") as file:
        for frame, change in changes(frames, always_alpha=True):
            if not count:
                height, width = frame.rgb.shape[:2]
                header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)  # 8 bits, RGBA
                file.write(
                    b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"acTL", struct.pack(">II", 1, plays))
                )
            file.write(_chunk(b"fcTL", _control(sequence, change, frame.duration_ms)))
            sequence += 1
            for data in _pixels(change):
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
        file.seek(_AC_TL_AT)
        file.write(_chunk(b"acTL", struct.pack(">II", count, plays)))
    return Written(path, size, count)


def _control(sequence: int, change: Change, duration_ms: int) -> bytes:
    height, width = change.rgb.shape[:2]
    leave, put = 0, 0
    place = (sequence, width, height, change.left, change.top)
    return struct.pack(">IIIIIHHBB", *place, min(duration_ms, _MAX_MS), 1000, leave, put)


def _pixels(change: Change) -> Iterator[bytes]:
    """The zlib data of the picture's PNG."""
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
