"""Reads and writes videos: call `sample` to read one at GIF timing, `VideoReader` to read every frame, `write_mp4`."""

from .mp4 import write_mp4
from .reader import VideoReader, sample

__all__ = ["VideoReader", "sample", "write_mp4"]
