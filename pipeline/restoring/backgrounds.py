"""Cleans and enlarges a shot: faces are searched for in the cleaned frames, and pasted into the enlarged ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.equal_frames import EqualFrames
from pipeline.networks import classic
from pipeline.networks.loaded import Loaded
from pipeline.report import Measurement
from pipeline.settings import Models, Settings
from pipeline.steadiness.settle import DETAIL, DETAIL_DRAWN_ANEW, Frames, settle
from pipeline.understanding import plan_background

if TYPE_CHECKING:
    from pipeline.networks.compact.upscaler import Upscaler


@dataclass(frozen=True, slots=True)
class Enlarged:
    """A shot's frames, `cleaned` (T, H, W, 3) and `enlarged` (T, sH, sW, 3), uint8 sRGB."""

    cleaned: UInt8
    enlarged: UInt8


Background = Callable[[UInt8, Measurement], Enlarged]  # takes a shot without duplicate frames


def background(settings: Settings, loaded: Loaded) -> Background:
    """Return the background method that the settings choose for every shot."""
    method = plan_background(settings, loaded).method
    if method == "realesrgan":
        return _realesrgan(settings, loaded.torch_device)
    _load_realesrgan.cache_clear()  # frees 67 MB
    if method == "compact":
        return _compact(settings, loaded.device)
    return lambda frames, measured: _classic(frames, measured, settings)


def _classic(frames: UInt8, measured: Measurement, settings: Settings) -> Enlarged:
    """Clean and enlarge by `classic`. Deblurring flickers, so settle at the frames' own size, where it is cheapest."""
    cleaned = _settle(frames, classic.clean(frames, measured), measured, settings)
    large = classic.upscale(cleaned, settings.upscale)
    return Enlarged(cleaned, large.copy() if large is cleaned else large)


def _compact(settings: Settings, device: str) -> Background:
    """Enlarge by `compact`; the cleaned frames are its result, reduced to the frames' size."""
    from pipeline.networks.compact.engines import choose_engine
    from pipeline.networks.compact.upscaler import damaged_share

    upscaler = _load_compact(choose_engine(settings, device), device)

    def enlarge(frames: UInt8, measured: Measurement) -> Enlarged:
        large = upscaler.restore(frames, measured, settings.upscale)
        drawn = damaged_share(measured) if settings.upscale == 1 else 1.0
        source = _Resized(frames, large.shape[2], large.shape[1])
        large = _settle(source, large, measured, settings, drawn, DETAIL_DRAWN_ANEW)
        small = _Resized(large, frames.shape[2], frames.shape[1])
        return Enlarged(np.stack([small[i] for i in range(len(small))]), large)

    return enlarge


def _settle(
    source: Frames,
    frames: UInt8,
    measured: Measurement,
    settings: Settings,
    drawn: float = 1.0,
    detail: float = DETAIL,
) -> UInt8:
    """Hold `frames` steady along the motion of `source`, of the same size, in place; less where little was `drawn`.

    Frames that are the source, because nothing was wrong with them, come back as a copy: nothing in them was drawn
    anew, and whatever changed them would take them further from what they are.
    """
    if np.shares_memory(frames, source[0]):
        return frames.copy()
    strength, sigma = drawn * settings.temporal.strength, measured.grain_sigma_8bit
    settle(source, frames, strength, loops=False, noise_sigma=sigma, detail=detail)
    return frames


@dataclass(frozen=True, slots=True)
class _Resized:
    """Frames at another size, each resized when it is read: all at once would take as much memory as the result."""

    frames: UInt8
    width: int
    height: int

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> UInt8:
        frame = np.asarray(self.frames[index], np.uint8)
        if frame.shape[:2] == (self.height, self.width):
            return frame
        interpolation = cv2.INTER_AREA if self.width < frame.shape[1] else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(frame, (self.width, self.height), interpolation=interpolation), np.uint8)


def _realesrgan(settings: Settings, device: str) -> Background:
    from pipeline.steadiness import stabilise

    network = _load_realesrgan(Models(folder=settings.models.folder), device)

    def enlarge(frames: UInt8, measured: Measurement) -> Enlarged:
        small = _classic(frames, measured, settings)
        large = np.stack([network(frame, settings.upscale) for frame in small.cleaned])
        equal = EqualFrames.none(len(large))
        return Enlarged(
            small.cleaned, stabilise(small.enlarged, large, strength=settings.temporal.strength, equal=equal)
        )

    return enlarge


@lru_cache(maxsize=1)
def _load_compact(engine: Literal["torch", "openvino"], device: str) -> "Upscaler":
    from pipeline.networks.compact.upscaler import Upscaler

    return Upscaler(engine, device=device)


@lru_cache(maxsize=1)
def _load_realesrgan(models: Models, device: str) -> Callable[[UInt8, int], UInt8]:
    from pipeline.networks.realesrgan.realesrgan import realesrgan

    return realesrgan(models, device)
