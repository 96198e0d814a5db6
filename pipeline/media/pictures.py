"""Reads animated WebP and (A)PNG. We parse the headers, to check the limits; Pillow decodes and composes frames."""

import os
import struct
import warnings as python_warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pipeline.clips.clip import Frame, MediaInfo
from pipeline.errors import Unreadable
from pipeline.settings import Limits

from .limits import check_frames
from .reader import Reader
from .timing import rounded

_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, Image.DecompressionBombError)


class PictureReader(Reader):
    """An open WebP or PNG, animated or still (a still picture has one frame of 0 ms).

    The constructor raises Unreadable and TooLarge.
    """

    def __init__(self, file: BinaryIO, name: str, kind: str, limits: Limits) -> None:
        super().__init__(file)
        self._name, self._kind = name, kind
        try:
            head = _webp_header(file) if kind == "webp" else _png_header(file)
            check_frames(name, head.width, head.height, head.frames, limits)
        except (struct.error, ValueError) as error:
            file.close()
            raise Unreadable(f"{name}: its {kind} header is damaged ({error}); copy it anew") from error
        except Exception:
            file.close()
            raise
        size = os.fstat(file.fileno()).st_size
        loop = None if head.plays == 1 else max(head.plays - 1, 0)
        kind = "apng" if kind == "png" and head.frames > 1 else kind
        self.info = MediaInfo(kind, head.width, head.height, head.frames, head.duration_ms, loop, size)

    def _frames(self) -> Iterator[Frame]:
        for frame, duration in rounded(self._decoded(), 1):
            yield Frame(frame.rgb, frame.alpha, duration)

    def _decoded(self) -> Iterator[tuple[Frame, float]]:
        number = 0
        try:
            with Path(f"/proc/self/fd/{self._file.fileno()}").open("rb") as file, python_warnings.catch_warnings():
                python_warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limits hold
                with Image.open(file, formats=["WEBP", "PNG"]) as image:
                    first = int(image.info.get("default_image", False))  # a still for viewers that cannot animate
                    for number in range(self.info.frames or 1):
                        image.seek(first + number)
                        yield _frame(image), float(image.info.get("duration", 0))
        except (UnidentifiedImageError, *_DAMAGE) as error:
            if number == 0:
                raise Unreadable(f"{self._name}: its first frame is damaged ({error}); copy it anew") from error
            self._damage.append(f"frame {number} is damaged ({error}); the {number} frames before it were read")


def _frame(image: Image.Image) -> Frame:
    if image.mode.startswith("I"):
        return _from_16_bits(np.asarray(image), image.info.get("transparency"))
    if image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA"))
        alpha = None if (rgba[..., 3] == 255).all() else rgba[..., 3].copy()
        return Frame(np.ascontiguousarray(rgba[..., :3]), alpha, 0)
    return Frame(np.array(image.convert("RGB")), None, 0)


def _from_16_bits(grey: NDArray[Any], transparent: int | None) -> Frame:
    """Convert grey levels up to 65535, one of which may mean transparent."""
    levels = np.asarray((grey.astype(np.uint32) + 128) // 257, np.uint8)
    alpha = None if transparent is None else np.where(grey == transparent, 0, 255).astype(np.uint8)
    return Frame(np.dstack([levels] * 3), alpha, 0)


class _Header(NamedTuple):
    """Size in px, number of frames, how often the animation plays (0 = for ever), and its length in ms."""

    width: int
    height: int
    frames: int
    plays: int
    duration_ms: int


def _webp_header(file: BinaryIO) -> _Header:
    file.seek(12)
    width = height = frames = duration = 0
    plays = 1
    while len(head := file.read(8)) == 8:
        kind, size = head[:4], struct.unpack("<I", head[4:])[0]
        at = file.tell()
        body = file.read(min(size, 30))
        if kind == b"VP8X":
            width, height = 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        elif kind == b"ANIM":
            plays = struct.unpack_from("<H", body, 4)[0]
        elif kind == b"ANMF":
            frames += 1
            duration += int.from_bytes(body[12:15], "little")
        elif kind == b"VP8 " and not width:
            width, height = (v & 0x3FFF for v in struct.unpack_from("<HH", body, 6))
        elif kind == b"VP8L" and not width:
            bits = struct.unpack_from("<I", body, 1)[0]
            width, height = 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        file.seek(at + size + size % 2)
    if not width * height:
        raise ValueError("no picture in it")
    return _Header(width, height, max(frames, 1), plays, duration)


def _png_header(file: BinaryIO) -> _Header:
    file.seek(8)
    width = height = 0
    frames = plays = 1
    duration = 0.0
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        at = file.tell()
        body = file.read(min(size, 26))
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", body)
        elif kind == b"acTL":
            frames, plays = struct.unpack_from(">II", body)
        elif kind == b"fcTL":
            numerator, denominator = struct.unpack_from(">HH", body, 20)
            duration += 1000 * numerator / (denominator or 100)
        file.seek(at + size + 4)
    if not width * height:
        raise ValueError("no picture in it")
    return _Header(width, height, max(frames, 1), plays, round(duration))
