"""GFPGAN by PyTorch on a processor, an NVIDIA card or Apple's GPU."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline.arrays import UInt8
from pipeline.networks.batches import BatchRestorer, Forward
from pipeline.networks.gfpgan.network import Network
from pipeline.networks.memory import keep_freed_memory, out_of_memory


def restorer(network: Network, device: str, dtype: torch.dtype, batch: int, compile: bool = False) -> BatchRestorer:
    """Move the network to the device and wrap its forward pass; `compile` asks for `torch.compile`."""
    if device == "cpu":
        keep_freed_memory()
    # Winograd's maps have their channels last on a processor.
    layout = torch.contiguous_format if device == "mps" else torch.channels_last
    network = arranged(of_type(network.eval().to(device), dtype), layout)
    return BatchRestorer(forward(_compiled(network) if compile else network, device, dtype, layout), batch)


def _compiled(network: Network) -> Callable[[Tensor], Tensor]:
    from pipeline.networks.gfpgan.compiling import compiled  # 145 MB that only `compile: true` needs

    return compiled(network)


def of_type(network: Network, dtype: torch.dtype) -> Network:
    """The network with its convolutions in `dtype`; latents and styles stay float32, or bfloat16 costs 4 dB more."""
    for part in network.modules():
        if not isinstance(part, nn.Linear):
            for tensor in (*part.parameters(recurse=False), *part.buffers(recurse=False)):
                tensor.data = tensor.data.to(dtype)
    return network


def arranged(network: Network, layout: torch.memory_format) -> Network:
    """The network with its weights in `layout`.

    The decoder's have five dimensions, for which PyTorch has no `channels_last`; cuDNN arranges them as it needs them.
    """
    for parameter in network.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=layout)
    return network


def forward(
    network: Callable[[Tensor], Tensor], device: str, dtype: torch.dtype, layout: torch.memory_format
) -> Forward:
    """A function from faces to pictures; where memory runs out it frees what it took and raises MemoryError."""

    @torch.inference_mode()
    def run(faces: UInt8) -> NDArray[np.float32]:
        try:
            x = torch.from_numpy(faces).to(device).permute(0, 3, 1, 2).to(dtype=torch.float32)
            x = x.div_(127.5).sub_(1).to(dtype).contiguous(memory_format=layout)
            return network(x).float().cpu().numpy()
        except (RuntimeError, MemoryError) as error:
            if not out_of_memory(error):
                raise
        # only here, outside of the handler, does the traceback no longer hold the tensors
        if device == "cuda":
            torch.cuda.empty_cache()
        raise MemoryError(f"{len(faces)} faces do not fit into the memory of {device}")

    return run
