"""The convolutions, which are most of the work, in the form that is fastest on each device."""

import torch
from torch import Tensor
from torch.nn import functional

from pipeline.networks.gfpgan import winograd

# Pairs of channels per pixel. With more, reading Winograd's transformed weights, which are seven times as large, costs
# more than it saves. It pays from 32 × 32 px on with 256 channels, and from 64 × 64 px on with 512.
MOST_WEIGHTS = 64
# In bfloat16 the whole picture then is as near to float32 as with plain products (48 to 50 dB). Below that, where the
# picture begins, an error is everywhere: down to 4 × 4 px, 4 dB are lost.
LEAST_PIXELS = 16 * 16
SLOPE = 0.2  # of the leaky ReLU


def convolve(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Same-size convolution of (N, C, H, W) with (C', C, k, k), k = 1 or 3."""
    padding = weight.shape[-1] // 2
    if padding and x.device.type == "cpu" and not exporting():
        # in other layouts oneDNN takes twice the time on small maps (measured at 16 × 16)
        x, weight = (tensor.contiguous(memory_format=torch.channels_last) for tensor in (x, weight))
    return functional.conv2d(x, weight, bias, padding=padding)


def exporting() -> bool:
    """Whether PyTorch records the network for another engine, which needs constant weights and plain operations."""
    return bool(torch.compiler.is_compiling() or torch._C._get_tracing_state())


def suits_winograd(x: Tensor, weight: Tensor, doubled: bool = False) -> bool:
    """Whether `winograd` is the faster way to convolve `x` (N, C, H, W) with (C', C, k, k): large maps on a processor.

    `doubled` asks the same for `x` enlarged by two.
    """
    if x.device.type != "cpu" or x.dtype not in winograd.FORMS or weight.shape[-1] != 3 or exporting():
        return False
    pixels = x.shape[2] * x.shape[3] * (4 if doubled else 1)
    if x.dtype == torch.bfloat16:
        return pixels >= LEAST_PIXELS
    return weight.shape[0] * weight.shape[1] <= MOST_WEIGHTS * pixels


def by_winograd(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    slope: float,
    scale: Tensor | None = None,
    gain: Tensor | None = None,
    noise: Tensor | None = None,
    doubled: bool = False,
) -> Tensor:
    """Apply `winograd.convolve` to each map of (N, C, H, W); `scale` is (N, C), `gain` (N, C'), `noise` (H, W)."""
    bits = winograd.FORMS[x.dtype].bits
    maps = [
        winograd.convolve(
            face.permute(1, 2, 0).contiguous().view(bits).numpy(),
            weight,
            bias.float().numpy(),
            slope,
            None if scale is None else scale[i].numpy(),
            None if gain is None else gain[i].numpy(),
            None if noise is None else noise.float().numpy(),
            doubled,
        )
        for i, face in enumerate(x)
    ]
    faces = [torch.from_numpy(map).view(x.dtype) for map in maps]
    out = faces[0][None] if len(faces) == 1 else torch.stack(faces)
    return out.permute(0, 3, 1, 2)
