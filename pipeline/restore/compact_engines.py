"""Runs the network `compact` through torch or OpenVINO: bytes of one tile in, bytes of twice the size out."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from pipeline.clip import UInt8
from pipeline.restore.compact_network import Compact
from pipeline.restore.quiet_openvino import openvino

Float32 = NDArray[np.float32]
Engine = Literal["torch", "openvino"]
Forward = Callable[[Sequence[Float32]], Float32]
WEIGHTS = Path(__file__).parent / "weights_embedded" / "compact.safetensors"


def network(weights: Path = WEIGHTS) -> Compact:
    """Return the network with the weights of a safetensors file, in float32, for use only. Raises FileNotFoundError."""
    built = Compact()
    built.load_state_dict({name: value.float() for name, value in load_file(weights).items()})
    return built.eval().requires_grad_(False)


def forward(built: Compact, engine: Engine, threads: int = 0) -> Forward:
    """Return the network as a function of its inputs, (1, …) float32 each; 0 `threads` are OpenVINO's choice."""
    return _torch(built) if engine == "torch" else _openvino(built, threads)


def planes(rgb: UInt8) -> Float32:
    """(H, W, 3) uint8 to (1, 3, H, W) float32 in [0, 1]."""
    return np.ascontiguousarray(rgb.transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def picture(values: Float32) -> UInt8:
    """(1, 3, H, W) float32 to (H, W, 3) uint8, rounded and clipped."""
    return np.asarray(np.clip(np.rint(values[0].transpose(1, 2, 0) * 255), 0, 255), np.uint8)


def _torch(built: Compact) -> Forward:
    def run(inputs: Sequence[Float32]) -> Float32:
        with torch.inference_mode():
            output: Float32 = built(*(torch.from_numpy(values) for values in inputs)).numpy()
        return output

    return run


def _openvino(built: Compact, threads: int) -> Forward:
    quiet = openvino()
    core = quiet.Core()
    options = {"PERFORMANCE_HINT": "LATENCY"} | ({"INFERENCE_NUM_THREADS": threads} if threads else {})

    @lru_cache(maxsize=2)
    def compiled(height: int, width: int) -> Callable[[list[Float32]], dict[int, Float32]]:
        sides = [(height, width)] * 3 + [(2 * height, 2 * width)]
        example = (*(torch.zeros(1, 3, *side) for side in sides), torch.zeros(1, built.told.in_features))
        model = quiet.convert_model(built, example_input=example, input=[tuple(e.shape) for e in example])
        made: Callable[[list[Float32]], dict[int, Float32]] = core.compile_model(model, "CPU", options)
        return made

    def run(inputs: Sequence[Float32]) -> Float32:
        height, width = inputs[0].shape[2:]
        return compiled(height, width)(list(inputs))[0]

    return run
