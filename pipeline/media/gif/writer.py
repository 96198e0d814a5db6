"""GIF out, to a file that is there whole or not at all. The same frames and settings give the same bytes."""

from pathlib import Path

from pipeline.clips.clip import Clip
from pipeline.settings import Gif

from ..files import whole
from ..written import Written
from .budget import encode_within
from .stream import Frames


def write(clip: Clip, path: Path, options: Gif = Gif()) -> Written:  # noqa: B008 - frozen
    """Write a clip as a GIF. Raises NoSpace where the disk is full; nothing half-written is ever left."""
    return write_frames(lambda: clip, clip.loop, Path(path), options)


def write_frames(frames: Frames, loop: int | None, path: Path, options: Gif) -> Written:
    """As `write`, from frames of equal size (px) that can be gone through again; holds two of them at a time.

    Raises ValueError where there are none, where their sizes differ or exceed 65535, and NoSpace.
    """
    with whole(path) as part, part.open("wb") as file:
        encoded = encode_within(frames, loop, file, options)
    return Written(path, encoded.bytes, encoded.frames, round(encoded.psnr_db, 2), encoded.notes, encoded.every)
