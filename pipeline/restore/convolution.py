"""The 3×3 convolution that is most of the work, in the form that is fastest on the device."""

import torch
from torch import Tensor
from torch.nn import functional

# Below this many pixels NNPACK spends longer on transforming the weights than it saves (measured).
WINOGRAD_PIXELS = 32 * 32


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Same-size convolution of (N, C, H, W) with (C', C, k, k), k = 1 or 3.

    On a CPU in float32, NNPACK's Winograd F(6×6, 3×3) (Lavin and Gray, arXiv 1509.09308) does a fifth of the
    multiplications: 2 to 5 times faster than oneDNN's direct convolution, and off by 1e-4 of the output's spread.
    """
    padding = weight.shape[-1] // 2
    if padding and _winograd(x):
        return torch._nnpack_spatial_convolution(x.contiguous(), weight, bias, padding)
    if padding and x.device.type == "cpu" and not exporting():
        # on small maps oneDNN's other layouts cost twice the time (measured at 16 × 16)
        x, weight = (tensor.contiguous(memory_format=torch.channels_last) for tensor in (x, weight))
        return functional.conv2d(x, weight, bias, padding=padding).contiguous()
    return functional.conv2d(x, weight, bias, padding=padding)


def exporting() -> bool:
    """Whether the network is being recorded for another engine, which wants constant weights and plain operations."""
    return bool(torch.compiler.is_compiling() or torch._C._get_tracing_state())


def _winograd(x: Tensor) -> bool:
    return bool(
        x.device.type == "cpu"
        and x.dtype == torch.float32
        and x.shape[2] * x.shape[3] >= WINOGRAD_PIXELS
        and not exporting()
        and torch._nnpack_available()
    )
