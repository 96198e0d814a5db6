"""Writes animated WebP: Pillow codes each picture; we write the container, so that every frame keeps its delay.

The container is specified at developers.google.com/speed/webp/docs/riff_container.
"""

import io
import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline.clips.clip import Frame
from pipeline.whole_files import write_whole

from .changes import Change, changes
from .limits import LONGEST_WEBP_SIDE
from .written import Written

QUALITY = 90
_MAX_MS = (1 << 24) - 1
_REPLACE = 0x02  # the pixels replace those below and are not blended


def write_webp(frames: Iterable[Frame], loop: int | None, path: Path) -> Written:
    """Write frames of equal size with their alpha.

    Raises ValueError if there are no frames or a side exceeds 16383 px, and NoSpace.
    """
    count = 0
    with write_whole(path) as part, part.open("wb") as file:
        for frame, change in changes(frames, align=2):
            if not count:
                file.write(_header(frame, loop))
            file.write(_chunk(b"ANMF", _frame(change, min(frame.duration_ms, _MAX_MS))))
            count += 1
        if not count:
            raise ValueError("a WebP has at least one frame")
        size = file.tell()
        file.seek(4)
        file.write(struct.pack("<I", size - 8))
    return Written(path, size, count)


def _header(frame: Frame, loop: int | None) -> bytes:
    height, width = frame.rgb.shape[:2]
    if max(width, height) > LONGEST_WEBP_SIDE:
        raise ValueError(f"{width}×{height} px; a WebP's sides are at most {LONGEST_WEBP_SIDE}")
    plays = 1 if loop is None else 0 if loop == 0 else min(loop + 1, 0xFFFF)
    animated_with_alpha = 0x12
    canvas = bytes([animated_with_alpha, 0, 0, 0]) + _u24(width - 1) + _u24(height - 1)
    animation = struct.pack("<IH", 0, plays)
    return b"RIFF\0\0\0\0WEBP" + _chunk(b"VP8X", canvas) + _chunk(b"ANIM", animation)


def _frame(change: Change, duration_ms: int) -> bytes:
    height, width = change.rgb.shape[:2]
    place = b"".join(map(_u24, (change.left // 2, change.top // 2, width - 1, height - 1, duration_ms)))
    return place + bytes([_REPLACE]) + _picture(change)


def _picture(change: Change) -> bytes:
    """Return the chunks of a still WebP that hold its pixels: ALPH and VP8."""
    pixels = change.rgb if change.alpha is None else np.dstack([change.rgb, change.alpha])
    still = io.BytesIO()
    Image.fromarray(pixels).save(still, "WEBP", quality=QUALITY, method=4)
    data, at, pixel_chunks = still.getvalue(), 12, b""
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        if data[at : at + 4] in (b"ALPH", b"VP8 ", b"VP8L"):
            pixel_chunks += data[at : at + 8 + size + size % 2]
        at += 8 + size + size % 2
    return pixel_chunks


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _u24(value: int) -> bytes:
    return value.to_bytes(3, "little")
