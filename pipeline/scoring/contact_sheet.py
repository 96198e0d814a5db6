"""Single frames of clips as small pictures, for a report's contact sheet."""

import base64
import io
from pathlib import Path

from PIL import Image

from pipeline.clips.clip import Frame
from pipeline.media import UNLIMITED, open_media
from pipeline.settings import Limits

SIDE_PX = 220


def pair(before: Path, after: Path, before_ms: int, after_ms: int, limits: Limits) -> tuple[str, str]:
    """The frame shown at a time (ms) of each file, as PNG in base64, both of the size that `after` fits in.

    PNG, so that no compression is taken for the restoration's doing. `limits` hold for `before`; `after` is a file
    of ours. Raises the errors of `pipeline.errors`.
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
    held = io.BytesIO()
    picture.save(held, "PNG", optimize=True)
    return base64.b64encode(held.getvalue()).decode()
