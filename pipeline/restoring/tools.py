"""The models that work on a clip, loaded once and kept warm from file to file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipeline.arrays import Float32, UInt8
from pipeline.faces.detect import Detector
from pipeline.motion.flow import Estimator
from pipeline.networks.loaded import Loaded
from pipeline.restoring.backgrounds import Background, background
from pipeline.restoring.detectors import detector, masker
from pipeline.restoring.estimators import estimator
from pipeline.restoring.loading import load
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Tools:
    """What the settings ask for, ready to run.

    `background` cleans and enlarges one shot's frames; `mask` gives the paste mask of a restored face, None for the
    static one; `estimate` is the optical flow of the temporal layer.
    """

    loaded: Loaded
    detector: Detector
    mask: Callable[[UInt8], Float32] | None
    background: Background
    estimate: Estimator


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
    estimate = estimator(settings, device)
    return Tools(loaded, detector(settings, device), masker(settings, device), background(settings, loaded), estimate)
