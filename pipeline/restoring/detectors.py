"""The detector and the mask that the settings name."""

from collections.abc import Callable

from pipeline.arrays import Float32, UInt8
from pipeline.faces.detect import Detector, yunet
from pipeline.settings import Settings


def detector(settings: Settings, device: str = "cpu") -> Detector:
    """YuNet, or RetinaFace where `detector: retinaface`. Raises WeightsMissing, WeightsWrong."""
    if settings.detector == "yunet":
        return yunet(settings.faces)
    from pipeline.networks.facexlib.retinaface import retinaface

    return retinaface(settings.faces, settings.models, device)


def masker(settings: Settings, device: str = "cpu") -> Callable[[UInt8], Float32] | None:
    """What gives `paste` its mask of a restored face; None for the static one. Raises WeightsMissing, WeightsWrong."""
    if settings.mask == "static":
        return None
    from pipeline.networks.facexlib.parsenet import parsenet

    return parsenet(settings.models, device)
