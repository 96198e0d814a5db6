"""From the settings to a restorer that is ready, saying what was chosen and why."""

from dataclasses import dataclass

from pipeline.errors import WeightsMissing
from pipeline.restore.restorer import Restorer
from pipeline.restore.weights import REGISTRY, Weights, how_to_get, present
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """A restorer and what goes into a clip's row about it.

    `name` is `gfpgan`, or `classic` with `restorer` None (the background is the result). `fallback` says why the
    restorer asked for is not used, else None.
    """

    restorer: Restorer | None
    name: str
    fallback: str | None
    engine: str
    device: str
    dtype: str
    batch: int


def load(settings: Settings) -> Loaded:
    """Build what `settings.restorer` asks for; never downloads.

    `auto` takes GFPGAN where its weights are, else `classic` with the reason. Raises WeightsMissing for `gfpgan`
    without weights, and WeightsWrong for weights that are not the registry's: that is never passed over.
    """
    weights = REGISTRY[settings.weights]
    if settings.restorer == "classic":
        return _classic(None)
    if settings.restorer == "auto" and not (settings.models.folder / weights.file).exists():
        return _classic(how_to_get(weights, settings.models))
    return _gfpgan(weights, settings)


def _classic(fallback: str | None) -> Loaded:
    return Loaded(None, "classic", fallback, "opencv", "cpu", "uint8", 1)


def _gfpgan(weights: Weights, settings: Settings) -> Loaded:
    if not present(weights, settings.models) and not (settings.models.folder / weights.file).exists():
        raise WeightsMissing(how_to_get(weights, settings.models))
    from pipeline.restore.gfpgan import build

    return build(weights, settings)
