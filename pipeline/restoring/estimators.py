"""Loads the optical flow that the settings choose."""

from pipeline.motion.flow import Estimator, smooth_flow
from pipeline.networks.weights.registry import REGISTRY, open_verified, present
from pipeline.settings import Settings

_RAFT = REGISTRY["RAFT-small"]


def estimator(settings: Settings, device: str = "cpu") -> Estimator:
    """Return DIS, or RAFT-small if `temporal.flow` is `raft`, or `auto` with a GPU and the weights.

    Raises WeightsMissing, WeightsWrong.
    """
    wanted = settings.temporal.flow
    if wanted == "dis" or (wanted == "auto" and (device == "cpu" or not present(_RAFT, settings.models))):
        return smooth_flow
    from pipeline.networks.raft import raft

    with open_verified(_RAFT, settings.models) as file:
        return raft.load(file, device=device)
