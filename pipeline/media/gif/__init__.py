"""GIF in and out: `read` and `write` a whole clip; `GifReader` and `write_frames` stream."""

from .reader import GifReader, read
from .writer import write, write_frames

__all__ = ["GifReader", "read", "write", "write_frames"]
