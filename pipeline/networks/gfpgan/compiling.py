"""`torch.compile`, where the machine has what it needs."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException

from pipeline.networks.gfpgan.decoder import ModulatedConv

Log = logging.getLogger(__name__)


def compiled(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """The network, compiled at its first call; where compiling fails it runs as it is and the log has a warning.

    Compiling needs a C++ compiler, on a card Triton too; PyTorch looks for them only at the first call.
    """
    for part in network.modules():
        if isinstance(part, ModulatedConv):
            _ = part.energy  # computed now: a value cached while PyTorch records the graph would split it in two
    plain: Callable[[Tensor], Tensor] = network
    run: Callable[[Tensor], Tensor] = torch.compile(network)

    def run_compiled(x: Tensor) -> Tensor:
        nonlocal run
        try:
            return run(x)
        except TorchDynamoException as error:
            reason = " ".join(str(error).split("\n\n")[0].split())
            Log.warning("compile: true has no effect, the network runs uncompiled: %s", reason)
            run = plain
        return plain(x)

    return run_compiled
