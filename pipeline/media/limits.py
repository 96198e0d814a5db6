"""Refuses files that are too large, by their headers, before any pixel is decoded."""

import sys
from collections.abc import Collection
from math import inf

from pipeline.errors import TooLarge
from pipeline.settings import Limits

UNLIMITED = Limits(inf, sys.maxsize, inf, inf)  # for our own files, which may be larger than any input

LONGEST_SIDE, LONGEST_WEBP_SIDE = 32766, 16383  # px: OpenCV moves no longer picture along a flow; WebP stores no longer


def check_bytes(name: str, size: int, limits: Limits) -> None:
    """Raise TooLarge if a file has more bytes than `limits.max_file_mb`."""
    if size > limits.max_file_mb * 1e6:
        raise _too_large(name, f"{size / 1e6:.1f} MB", "max_file_mb", limits.max_file_mb)


def check_picture(name: str, width: int, height: int, limits: Limits) -> None:
    """Raise TooLarge if one picture (px) is larger than `limits.max_megapixels`."""
    if width * height > limits.max_megapixels * 1e6:
        size = f"{width}×{height} = {width * height / 1e6:.1f} megapixels"
        raise _too_large(name, size, "max_megapixels", limits.max_megapixels)


def check_frames(name: str, width: int, height: int, frames: int, limits: Limits) -> None:
    """Raise TooLarge if there are too many frames, or too many pixels in all frames together."""
    check_picture(name, width, height, limits)
    if frames > limits.max_frames:
        raise _too_large(name, f"{frames} or more frames", "max_frames", limits.max_frames)
    total = width * height * frames / 1e6
    if total > limits.max_total_megapixels:
        size = f"{width}×{height}×{frames} = {total:.0f} megapixels in all"
        raise _too_large(name, size, "max_total_megapixels", limits.max_total_megapixels)


def check_result(name: str, width: int, height: int, upscale: int, outputs: Collection[str]) -> None:
    """Raise TooLarge if a side (px), enlarged by `upscale`, is too long for a format, or doubled, for the pipeline."""
    longest, limit = max(width, height), LONGEST_WEBP_SIDE if "webp" in outputs else LONGEST_SIDE
    if longest * upscale > limit or longest * 2 > LONGEST_SIDE:
        size = f"{width}×{height} px at upscale: {upscale}"
        raise TooLarge(f"{name}: {size}; sides are at most {limit} px: lower `upscale`, or make the file smaller")


def _too_large(name: str, size: str, setting: str, limit: float) -> TooLarge:
    return TooLarge(f"{name}: {size}, more than limits.{setting} = {limit:g}; raise it, or make the file smaller")
