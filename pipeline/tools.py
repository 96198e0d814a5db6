"""The models that work on a clip, loaded once and kept warm from file to file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pipeline.clip import UInt8
from pipeline.faces.align import Float32
from pipeline.faces.detect import Detector
from pipeline.faces.detectors import detector, masker
from pipeline.restore import classic
from pipeline.restore.loading import Loaded, load
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Tools:
    """What the settings ask for, ready to run.

    `background` turns one shot's cleaned frames (T, H, W, 3) uint8 into (T, sH, sW, 3); `mask` gives the paste mask
    of a restored face, None for the static one.
    """

    loaded: Loaded
    detector: Detector
    mask: Callable[[UInt8], Float32] | None
    background: Callable[[UInt8], UInt8]


def tools(settings: Settings) -> Tools:
    """Load what the settings ask for. Raises WeightsMissing and WeightsWrong.

    A fall-back is not kept: the next file finds the weights that have come in the meantime.
    """
    found = _kept(settings)
    if found.loaded.fallback is not None:
        _kept.cache_clear()
    return found


@lru_cache(maxsize=1)
def _kept(settings: Settings) -> Tools:
    loaded = load(settings)
    device = loaded.device if loaded.engine == "torch" else "cpu"
    return Tools(loaded, detector(settings, device), masker(settings, device), _background(settings, device))


def _background(settings: Settings, device: str) -> Callable[[UInt8], UInt8]:
    if settings.background == "classic":
        return lambda frames: classic.upscale(frames, settings.upscale)
    from pipeline.restore.background import realesrgan
    from pipeline.temporal import stabilise

    enlarge = realesrgan(settings.models, device)

    def steady(frames: UInt8) -> UInt8:
        large = np.stack([enlarge(frame, settings.upscale) for frame in frames])
        source = classic.upscale(frames, settings.upscale)
        return stabilise(source, large, strength=settings.temporal.strength)

    return steady
