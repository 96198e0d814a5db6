"""Single frames of clips as small pictures, for a report's contact sheet."""

import base64
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from PIL import Image

from pipeline.clips.clip import Frame
from pipeline.media import UNLIMITED, open_media
from pipeline.settings import Limits

SIDE_PX = 220


def pair(before: Path, after: Path, before_ms: int, after_ms: int, limits: Limits) -> tuple[str, str]:
    """The frame that each file shows at a time (ms), as PNG in base64; both have the size of the thumbnail of `after`.

    PNG, because a reader would take the marks of a lossy format for the restorer's. `limits` apply to `before`; `after`
    is a file of ours. Raises the errors of `pipeline.errors`.
    """
    result = Image.fromarray(frame_at(after, after_ms, UNLIMITED).on_white())
    result.thumbnail((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS)
    source = Image.fromarray(frame_at(before, before_ms, limits).on_white())
    return _png(source.resize(result.size, Image.Resampling.BICUBIC)), _png(result)


def frame_at(path: Path, at_ms: int, limits: Limits) -> Frame:
    """The frame on screen at a time, by the file's own delays; the last one after the end."""
    with open_media(path, limits) as reader:
        frames = iter(reader)
        frame = next(frames)  # a reader yields one at least, or raises Unreadable
        ends_ms = frame.duration_ms
        while ends_ms <= at_ms and (following := next(frames, None)) is not None:
            frame, ends_ms = following, ends_ms + following.duration_ms
        return frame


def _png(picture: Image.Image) -> str:
    png = imageio.imwrite("<bytes>", np.asarray(picture), plugin="pillow", extension=".png", optimize=True)
    return base64.b64encode(png).decode()
