"""What cleans a shot for the faces to be found in and enlarges everything but them."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.clips.clip import UInt8
from pipeline.networks.classic import classic
from pipeline.networks.loaded import Loaded
from pipeline.report import Measurement
from pipeline.settings import Settings
from pipeline.steadiness.settle import DETAIL_DRAWN_ANEW, Frames, settle


@dataclass(frozen=True, slots=True)
class Enlarged:
    """A shot's frames `cleaned` (T, H, W, 3) and `enlarged` (T, sH, sW, 3), uint8 sRGB; faces are pasted into these."""

    cleaned: UInt8
    enlarged: UInt8


Background = Callable[[UInt8, Measurement], Enlarged]


def background(settings: Settings, loaded: Loaded) -> Background:
    """Return what the settings ask for; where no faces are restored, the restorer's name says which it is."""
    embedded = settings.background if loaded.restorer is not None else loaded.name
    device = loaded.device if loaded.engine == "torch" else "cpu"
    if settings.background == "realesrgan":
        return _realesrgan(settings, device)
    if embedded == "compact":
        return _compact(settings, loaded.device)
    return lambda frames, measured: _classic(frames, measured, settings)


def _classic(frames: UInt8, measured: Measurement, settings: Settings) -> Enlarged:
    """Deblurring flickers: its result is settled at the frames' own size, which costs least."""
    cleaned = _settled(frames, classic.clean(frames, measured), measured, settings)
    large = classic.upscale(cleaned, settings.upscale)
    return Enlarged(cleaned, large.copy() if large is cleaned else large)


def _compact(settings: Settings, device: str) -> Background:
    """Faces are found in, and cut from, what the network made, brought back to the frames' size."""
    from pipeline.networks.choice import compact_engine
    from pipeline.networks.compact.upscaler import Upscaler, damaged_share

    upscaler = Upscaler(compact_engine(settings, device), device=device)

    def restored(frames: UInt8, measured: Measurement) -> Enlarged:
        large = upscaler.restore(frames, measured, settings.upscale)
        drawn = damaged_share(measured) if settings.upscale == 1 else 1.0
        source = _Resized(frames, large.shape[2], large.shape[1])
        large = _settled(source, large, measured, settings, drawn, DETAIL_DRAWN_ANEW)
        small = _Resized(large, frames.shape[2], frames.shape[1])
        return Enlarged(np.stack([small[i] for i in range(len(small))]), large)

    return restored


def _settled(
    source: Frames,
    frames: UInt8,
    measured: Measurement,
    settings: Settings,
    drawn: float = 1.0,
    detail: float | None = None,
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
    """Frames at another size, each made when it is asked for: all of them at once would be as large as the result."""

    frames: UInt8
    width: int
    height: int

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, index: int) -> UInt8:
        frame = np.asarray(self.frames[index], np.uint8)
        if frame.shape[:2] == (self.height, self.width):
            return frame
        way = cv2.INTER_AREA if self.width < frame.shape[1] else cv2.INTER_CUBIC
        return np.asarray(cv2.resize(frame, (self.width, self.height), interpolation=way), np.uint8)


def _realesrgan(settings: Settings, device: str) -> Background:
    from pipeline.networks.realesrgan.realesrgan import realesrgan
    from pipeline.steadiness import stabilise

    enlarge = realesrgan(settings.models, device)

    def steady(frames: UInt8, measured: Measurement) -> Enlarged:
        small = _classic(frames, measured, settings)
        large = np.stack([enlarge(frame, settings.upscale) for frame in small.cleaned])
        return Enlarged(small.cleaned, stabilise(small.enlarged, large, strength=settings.temporal.strength))

    return steady
