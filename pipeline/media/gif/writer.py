"""Writes a GIF file whole or not at all. The same frames and settings give the same bytes."""

from pathlib import Path

from pipeline.clips.clip import Clip
from pipeline.settings import Gif
from pipeline.whole_files import write_whole

from ..written import Written
from .budget import encode_within
from .stream import Frames


def write(clip: Clip, path: Path, options: Gif = Gif()) -> Written:  # noqa: B008 - frozen
    """Write a clip as a GIF. Raises NoSpace if the disk is full; a half-written file is never left behind."""
    return write_frames(lambda: clip, clip.loop, Path(path), options)


def write_frames(frames: Frames, loop: int | None, path: Path, options: Gif, comment: str = "") -> Written:
    """Write frames of equal size (px) as a GIF. `frames` may be called several times; two frames are held at a time.

    A `comment` lies in the file for programs to read; nobody is shown it.

    Raises ValueError if there are no frames, if their sizes differ or a side exceeds 65535, and NoSpace.
    """
    with write_whole(path) as part, part.open("wb") as file:
        encoded = encode_within(frames, loop, file, options, comment)
    return Written(path, encoded.bytes, encoded.frames, round(encoded.psnr_db, 2), encoded.notes, encoded.every)
