"""Media in and out: GIF by our own code, animated WebP, APNG and video through Pillow and PyAV."""

from . import gif, video
from .open import open_media
from .reader import Reader

__all__ = ["Reader", "gif", "open_media", "video"]
