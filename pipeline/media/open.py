"""Any file that may be dropped, opened by what it is."""

from pathlib import Path

from pipeline.settings import Limits

from .files import open_input
from .gif.reader import GifReader
from .pictures import PictureReader
from .reader import Reader
from .sniff import VIDEO_FORMATS, sniff
from .video import VideoReader


def open_media(path: Path, limits: Limits = Limits()) -> Reader:  # noqa: B008 - frozen
    """Open a GIF, WebP, PNG or video, told apart by content. Raises Unreadable, NoVideoStream and TooLarge.

    A video's limits are its file size and picture size only: it is sampled in bounded clips, so its length harms
    nobody.
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
