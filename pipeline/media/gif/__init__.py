"""GIF in and out: `read`, `write`, and the streaming `GifReader` and `encode` behind them."""

from .reader import GifReader, read

__all__ = ["GifReader", "read"]
