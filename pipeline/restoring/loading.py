"""Loads the restorer that the settings choose, and says why if it is a fall-back."""

from pipeline.errors import WeightsMissing
from pipeline.networks.loaded import Loaded
from pipeline.networks.weights.registry import REGISTRY, Weights, how_to_get, present
from pipeline.settings import Settings


def load(settings: Settings) -> Loaded:
    """Build the restorer of `settings.restorer`; never downloads.

    `auto` takes GFPGAN if its weights are present. Else it takes an embedded restorer and gives the reason: `compact`,
    or `classic` if `background` is not `compact`. Raises WeightsMissing for `gfpgan` without weights. Raises
    WeightsWrong, also for `auto`, if the weights are not those of the registry.
    """
    weights = REGISTRY[settings.weights]
    if settings.restorer == "classic":
        return _embedded("classic", None, settings)
    if settings.restorer == "compact":
        return _embedded("compact", None, settings)
    if settings.restorer == "auto" and not (settings.models.folder / weights.file).exists():
        name = "compact" if settings.background == "compact" else "classic"
        return _embedded(name, how_to_get(weights, settings.models), settings)
    return _gfpgan(weights, settings)


def _embedded(name: str, fallback: str | None, settings: Settings) -> Loaded:
    if name == "classic":
        return Loaded(None, name, fallback, "opencv", "cpu", "uint8")
    from pipeline.networks.compact.engines import choose_engine
    from pipeline.networks.gfpgan.choice import choose

    device = choose(settings).device
    return Loaded(None, name, fallback, choose_engine(settings, device), device, "float32")


def _gfpgan(weights: Weights, settings: Settings) -> Loaded:
    if not present(weights, settings.models) and not (settings.models.folder / weights.file).exists():
        raise WeightsMissing(how_to_get(weights, settings.models))
    from pipeline.networks.gfpgan.build import build

    return build(weights, settings)
