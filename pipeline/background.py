"""The picture around the faces, at the output's size."""

from pipeline.clip import UInt8
from pipeline.restore import classic
from pipeline.settings import Settings


def upscale(cleaned: UInt8, settings: Settings) -> UInt8:
    """One shot's cleaned frames (T, H, W, 3) at `settings.upscale`: (T, sH, sW, 3) uint8 sRGB."""
    return classic.upscale(cleaned, settings.upscale)
