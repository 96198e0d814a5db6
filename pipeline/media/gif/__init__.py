"""Reads and writes GIFs: call `read` and `write` for a whole clip, `GifReader` and `write_frames` to stream one."""

from .reader import GifReader, read
from .writer import write, write_frames

__all__ = ["GifReader", "read", "write", "write_frames"]
