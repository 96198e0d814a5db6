"""Build GFPGAN on the engine and device that suit the machine: call `build`."""

from pipeline.networks.gfpgan import openvino_engine, torch_engine, upstream_engine
from pipeline.networks.gfpgan.choice import Choice, choose
from pipeline.networks.gfpgan.convert import converted
from pipeline.networks.gfpgan.layers import Architecture
from pipeline.networks.gfpgan.network import load
from pipeline.networks.hardware import threads
from pipeline.networks.loaded import Loaded
from pipeline.networks.weights.registry import Weights, verify
from pipeline.settings import Settings

RELEASED = Architecture()


def build(weights: Weights, settings: Settings, arch: Architecture = RELEASED) -> Loaded:
    """Load verified weights into an engine.

    Raises WeightsMissing, WeightsWrong, and with OpenVINO NoSpace, OutOfMemory, ConversionFailed.
    """
    choice = choose(settings)
    if choice.engine == "openvino":
        return _openvino(weights, settings, arch, choice)
    if choice.engine == "upstream":
        return _upstream(weights, settings, arch, choice)
    network = load(weights, settings.models, arch)
    restorer = torch_engine.restorer(network, choice.device, choice.dtype, choice.batch, settings.compile)
    return Loaded(restorer, "gfpgan", None, "torch", choice.device, choice.dtype_name)


def _upstream(weights: Weights, settings: Settings, arch: Architecture, choice: Choice) -> Loaded:
    network = upstream_engine.load(weights, settings.models, arch)
    restorer = upstream_engine.restorer(network, choice.device, choice.batch)
    return Loaded(restorer, "gfpgan", None, "upstream", choice.device, choice.dtype_name)


def _openvino(weights: Weights, settings: Settings, arch: Architecture, choice: Choice) -> Loaded:
    verify(weights, settings.models)
    model = converted(weights, settings.models, arch)
    restorer = openvino_engine.restorer(model, choice.dtype_name, threads(), settings.batch)
    return Loaded(restorer, "gfpgan", None, "openvino", "cpu", choice.dtype_name)
