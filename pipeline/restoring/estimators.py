"""The optical flow that the settings name."""

from pipeline.motion.flow import Estimator, smooth_flow
from pipeline.networks.weights.registry import REGISTRY, open_verified, present
from pipeline.settings import Settings

_RAFT = REGISTRY["RAFT-small"]


def estimator(settings: Settings, device: str = "cpu") -> Estimator:
    """DIS, or RAFT-small where `temporal.flow` says so, or is `auto` on a GPU and the weights are there.

    Raises WeightsMissing, WeightsWrong.
    """
    wanted = settings.temporal.flow
    if wanted == "dis" or (wanted == "auto" and (device == "cpu" or not present(_RAFT, settings.models))):
        return smooth_flow
    from pipeline.networks.raft import raft

    with open_verified(_RAFT, settings.models) as file:
        return raft.load(file, device=device)
