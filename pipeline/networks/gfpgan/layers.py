"""The parts that GFPGAN's encoder and decoder share, and the sizes of both."""

from dataclasses import dataclass
from math import log2

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.networks.gfpgan import winograd
from pipeline.networks.gfpgan.convolution import SLOPE, by_winograd, convolve, suits_winograd


@dataclass(frozen=True, slots=True)
class Architecture:
    """The released checkpoints have the defaults; tests use narrower and smaller ones."""

    size: int = 512
    channel_multiplier: float = 2
    narrow: float = 1.0
    style: int = 512
    style_layers: int = 8

    def channels(self, side: int, narrow: float | None = None) -> int:
        """Channels of the decoder (or, with half `narrow`, of the encoder) at a feature map of `side` pixels."""
        base = 512 if side <= 32 else 16384 * self.channel_multiplier / side
        return int(base * (self.narrow if narrow is None else narrow))

    @property
    def sides(self) -> list[int]:
        """Sides of the decoder's levels, coarse to fine: 8, 16, … size."""
        return [2**i for i in range(3, int(log2(self.size)) + 1)]


class Transformed:
    """Weights in the form that Winograd's algorithm needs, made at first use; weights do not change after loading."""

    def __init__(self) -> None:
        self._transformed: Tensor | None = None

    def __call__(self, weight: Tensor) -> Tensor:
        """(C', C, 3, 3) to (P, C, C'), as `winograd.transformed`."""
        if self._transformed is None:
            self._transformed = winograd.transformed(weight.detach())
        return self._transformed


class Conv(nn.Module):
    """A convolution with upstream's parameter names; `activate` adds the leaky ReLU of slope 0.2."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.empty(out_channels)) if bias else None
        self.winograd = Transformed()

    def forward(self, x: Tensor, activate: bool = False, factor: float = 1) -> Tensor:
        """(N, C, H, W), resized by `factor`, to (N, C', factor·H, factor·W)."""
        doubled = factor == 2
        x = resize(x, factor) if factor < 1 else x
        if self.bias is not None and suits_winograd(x, self.weight, doubled):
            slope = SLOPE if activate else 1.0
            return by_winograd(x, self.winograd(self.weight), self.bias.detach(), slope, doubled=doubled)
        out = convolve(resize(x, 2) if doubled else x, self.weight, self.bias)
        return functional.leaky_relu_(out, SLOPE) if activate else out


def resize(x: Tensor, factor: float) -> Tensor:
    """Bilinear, as upstream."""
    return functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


class ResBlock(nn.Module):
    """Encoder block that halves or doubles the side."""

    def __init__(self, in_channels: int, out_channels: int, factor: float) -> None:
        super().__init__()
        self.conv1 = Conv(in_channels, in_channels, 3)
        self.conv2 = Conv(in_channels, out_channels, 3)
        self.skip = Conv(in_channels, out_channels, 1, bias=False)
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', factor·H, factor·W)."""
        out = self.conv2(self.conv1(x, activate=True), activate=True, factor=self.factor)
        skip = resize(self.skip(x), 2) if self.factor > 1 else self.skip(resize(x, self.factor))
        return torch.add(out, skip)


class Condition(nn.ModuleDict):
    """The two convolutions that make a scale or a shift; upstream has them at places 0 and 2 of a Sequential."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__({"0": Conv(in_channels, in_channels, 3), "2": Conv(in_channels, out_channels, 3)})

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) to (N, C', H, W)."""
        return torch.as_tensor(self["2"](self["0"](x, activate=True)))
