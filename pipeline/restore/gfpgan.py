"""GFPGAN on the engine and device that suit the machine."""

import torch

from pipeline.restore.checkpoint import fill, read
from pipeline.restore.layers import Architecture
from pipeline.restore.loading import Loaded
from pipeline.restore.network import Network
from pipeline.restore.torch_engine import restorer
from pipeline.restore.weights import Weights
from pipeline.settings import Models, Settings


def build(weights: Weights, settings: Settings, arch: Architecture = Architecture()) -> Loaded:  # noqa: B008
    """Load verified weights into an engine. Raises WeightsMissing, WeightsWrong, OutOfMemory."""
    batch = 1
    engine = restorer(network(weights, settings.models, arch), "cpu", torch.float32, batch)
    return Loaded(engine, "gfpgan", None, "torch", "cpu", "float32", batch)


def network(weights: Weights, models: Models, arch: Architecture) -> Network:
    """The network with the weights of a verified file. Raises WeightsMissing, WeightsWrong."""
    with torch.device("meta"):
        built = Network(arch)
    fill(built, read(weights, models), weights.name)
    return built
