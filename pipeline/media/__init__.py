"""Media in and out: GIF by our own code, animated WebP, APNG and video through Pillow and PyAV."""

from . import gif, video
from .limits import UNLIMITED, check_result
from .open import open_media
from .outputs import write_outputs
from .reader import Reader
from .written import Written

__all__ = ["UNLIMITED", "Reader", "Written", "check_result", "gif", "open_media", "video", "write_outputs"]
