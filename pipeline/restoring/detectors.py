"""Loads the face detector and the mask that the settings choose."""

from collections.abc import Callable

from pipeline.arrays import Float32, UInt8
from pipeline.faces.detect import Detector, yunet
from pipeline.settings import Settings


def detector(settings: Settings, device: str = "cpu") -> Detector:
    """Return YuNet, or RetinaFace if the settings say so. Raises WeightsMissing, WeightsWrong."""
    if settings.detector == "yunet":
        return yunet(settings.faces)
    from pipeline.networks.facexlib.retinaface import retinaface

    return retinaface(settings.faces, settings.models, device)


def masker(settings: Settings, device: str = "cpu") -> Callable[[UInt8], Float32] | None:
    """Return the function that masks a restored face for `paste`; None for the static mask.

    Raises WeightsMissing, WeightsWrong.
    """
    if settings.mask == "static":
        return None
    from pipeline.networks.facexlib.parsenet import parsenet

    return parsenet(settings.models, device)
