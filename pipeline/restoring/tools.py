"""Loads the models that work on clips once, and keeps them from file to file."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipeline.arrays import Float32, UInt8
from pipeline.faces.detect import Detector
from pipeline.motion.flow import Estimator, smooth_flow
from pipeline.networks.loaded import Loaded
from pipeline.restoring.backgrounds import Background, background
from pipeline.restoring.detectors import detector, masker
from pipeline.restoring.estimators import estimator
from pipeline.restoring.loading import load
from pipeline.settings import Faces, Models, Settings, Temporal


@dataclass(frozen=True, slots=True)
class Tools:
    """The loaded models that the settings ask for.

    `background` cleans and enlarges one shot's frames. `mask` returns the paste mask of a restored face; None means the
    static mask. `estimate` is the optical flow of the temporal layer.
    """

    loaded: Loaded
    detector: Detector
    mask: Callable[[UInt8], Float32] | None
    background: Background
    estimate: Estimator


def tools(settings: Settings) -> Tools:
    """Load the models that the settings ask for, unless they are loaded. Raises WeightsMissing and WeightsWrong.

    Each model is kept until a setting that it depends on changes; other settings have no effect on it.
    """
    loaded = _restorer(settings)
    device = loaded.torch_device
    return Tools(
        loaded=loaded,
        detector=_detector(settings, device),
        mask=_masker(settings, device),
        background=background(settings, loaded),
        estimate=_estimator(settings, device),
    )


def _restorer(settings: Settings) -> Loaded:
    loaded = _load_restorer(
        Settings(
            restorer=settings.restorer,
            weights=settings.weights,
            engine=settings.engine,
            device=settings.device,
            compile=settings.compile,
            batch=settings.batch,
            models=_folder_of(settings),
        )
    )
    if loaded.fallback is None:
        return loaded
    _load_restorer.cache_clear()  # so that the next file finds weights that have arrived meanwhile
    return load(settings)  # the fall-back depends on `background` too


def _detector(settings: Settings, device: str) -> Detector:
    faces = Faces(min_size_px=settings.faces.min_size_px, min_score=settings.faces.min_score)
    return _load_detector(Settings(detector=settings.detector, faces=faces, models=_folder_of(settings)), device)


def _masker(settings: Settings, device: str) -> Callable[[UInt8], Float32] | None:
    return _load_masker(Settings(mask=settings.mask, models=_folder_of(settings)), device)


def _estimator(settings: Settings, device: str) -> Estimator:
    wanted = Settings(temporal=Temporal(flow=settings.temporal.flow), models=_folder_of(settings))
    estimate = _load_estimator(wanted, device)
    if estimate is smooth_flow:  # so that `auto` takes RAFT once its weights have arrived
        _load_estimator.cache_clear()
    return estimate


def _folder_of(settings: Settings) -> Models:
    """Return the folder of the weights alone: how they are fetched does not matter to a model."""
    return Models(folder=settings.models.folder)


# The settings are the cache's key. The callers leave all of them at their defaults but those that the model depends on.
_load_restorer = lru_cache(maxsize=1)(load)
_load_detector = lru_cache(maxsize=1)(detector)
_load_masker = lru_cache(maxsize=1)(masker)
_load_estimator = lru_cache(maxsize=1)(estimator)
