"""Reads and writes media files: call `open_media` to read any of them and `write_outputs` to write a result.

GIF is coded by our own modules in `gif/`; Pillow codes the pictures of WebP and APNG, PyAV decodes and encodes video.
"""

from . import gif, video
from .limits import UNLIMITED, check_result
from .open import open_media
from .outputs import write_outputs
from .reader import Reader
from .written import Written

__all__ = ["UNLIMITED", "Reader", "Written", "check_result", "gif", "open_media", "video", "write_outputs"]
