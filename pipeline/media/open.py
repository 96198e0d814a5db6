"""Opens any supported file by its content, whatever its name says."""

from pathlib import Path

from pipeline.settings import Limits

from .files import open_input
from .gif.reader import GifReader
from .pictures import PictureReader
from .reader import Reader
from .sniff import VIDEO_FORMATS, sniff
from .video.reader import VideoReader


def open_media(path: Path, limits: Limits = Limits()) -> Reader:  # noqa: B008 - frozen
    """Open a GIF, WebP, PNG or video. Raises Unreadable, NoVideoStream and TooLarge.

    A video may be of any length, because it is read in clips of bounded length; only its file size and picture size
    are limited.
    """
    file = open_input(path, limits)
    try:
        kind = sniff(file, path.name)
    except Exception:
        file.close()
        raise
    if kind == "gif":
        return GifReader(file, path.name, limits)
    if kind in VIDEO_FORMATS:
        return VideoReader(file, path.name, kind, limits)
    return PictureReader(file, path.name, kind, limits)
