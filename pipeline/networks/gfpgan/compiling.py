"""`torch.compile` where it can be had."""

import logging
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch._dynamo.exc import TorchDynamoException

from pipeline.networks.gfpgan.decoder import ModulatedConv

Log = logging.getLogger(__name__)


def compiled(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """The network, compiled at its first call; as it is, with a warning in the log, where that fails.

    It needs a C++ compiler, on a card Triton too, which PyTorch looks for only when it compiles.
    """
    for part in network.modules():
        if isinstance(part, ModulatedConv):
            _ = part.energy  # kept now: what is kept while a graph is recorded breaks it in two
    plain: Callable[[Tensor], Tensor] = network
    run: Callable[[Tensor], Tensor] = torch.compile(network)

    def first_compiled(x: Tensor) -> Tensor:
        nonlocal run
        try:
            return run(x)
        except TorchDynamoException as error:
            reason = " ".join(str(error).split("\n\n")[0].split())
            Log.warning("compile: true has no effect, the network runs uncompiled: %s", reason)
            run = plain
        return plain(x)

    return first_compiled
