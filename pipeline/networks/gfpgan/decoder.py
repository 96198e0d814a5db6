"""GFPGAN's decoder: StyleGAN2 with spatial feature transform (SFT) on half of the channels."""

from collections.abc import Iterable
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.networks.gfpgan.convolution import SLOPE, by_winograd, convolve, exporting, suits_winograd
from pipeline.networks.gfpgan.layers import Architecture, Transformed, resize

SQRT2 = 2**0.5


class ModulatedConv(nn.Module):
    """The convolution whose weight the style scales (StyleGAN2, arXiv 1912.04958, equations 1 to 3)."""

    def __init__(self, in_channels: int, out_channels: int, kernel: int, style: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, out_channels, in_channels, kernel, kernel))
        self.modulation = nn.Linear(style, in_channels)

    def scale(self, style: Tensor) -> Tensor:
        """Factors (N, C) of the input's channels, float32."""
        return torch.as_tensor(self.modulation(style)).float()

    @cached_property
    def energy(self) -> Tensor:
        """Sum of the squared weights (C', C) over the kernel, float32; cached: after loading no weight changes."""
        return self.weight[0].float().square().sum((2, 3))

    def demodulation(self, scale: Tensor) -> Tensor:
        """Factors (N, C') of the output's channels, float32: in bfloat16 the sum of squares loses its small terms."""
        return torch.rsqrt(functional.linear(scale.square(), self.energy) + 1e-8)


class StyleConv(nn.Module):
    """Modulated convolution, stored noise, bias, leaky ReLU."""

    def __init__(self, in_channels: int, out_channels: int, style: int, upsample: bool) -> None:
        super().__init__()
        self.modulated_conv = ModulatedConv(in_channels, out_channels, 3, style)
        self.weight = nn.Parameter(torch.empty(1))
        self.bias = nn.Parameter(torch.empty(1, out_channels, 1, 1))
        self.upsample = upsample
        self.winograd = Transformed()

    def forward(self, x: Tensor, style: Tensor, noise: Tensor) -> Tensor:
        """(N, C, H, W), (N, S) and (1, 1, H', W') to (N, C', H', W')."""
        scale = self.modulated_conv.scale(style)
        demodulation = self.modulated_conv.demodulation(scale) * SQRT2
        weight = self.modulated_conv.weight[0]
        if suits_winograd(x, weight, self.upsample):
            grain = (self.weight * noise)[0, 0].detach()
            bias = self.bias.detach().flatten()
            return by_winograd(x, self.winograd(weight), bias, SLOPE, scale, demodulation, grain, self.upsample)
        x = resize(x, 2) if self.upsample else x
        if len(x) == 1 and not exporting():
            # with a single face its factors can go into the weight, which is smaller than the feature map
            weight = weight * (demodulation.T * scale)[..., None, None].to(x.dtype)
            out = convolve(x, weight, self.bias.flatten())
        else:
            out = convolve(x * scale[..., None, None].to(x.dtype), weight, None)
            out = out.mul_(demodulation[..., None, None].to(x.dtype)).add_(self.bias)
        return functional.leaky_relu_(out.add_(self.weight * noise), SLOPE)


class ToRGB(nn.Module):
    """Features to a picture, added to the coarser level's."""

    def __init__(self, in_channels: int, style: int) -> None:
        super().__init__()
        self.modulated_conv = ModulatedConv(in_channels, 3, 1, style)
        self.bias = nn.Parameter(torch.empty(1, 3, 1, 1))

    def forward(self, x: Tensor, style: Tensor, skip: Tensor | None) -> Tensor:
        """(N, C, H, W) to (N, 3, H, W)."""
        scale = self.modulated_conv.scale(style).to(x.dtype)
        # three rows of weights are cheaper to scale than a whole feature map
        weight = self.modulated_conv.weight[0, :, :, 0, 0] * scale[:, None]
        rows = x.permute(0, 2, 3, 1).flatten(1, 2)
        out = torch.matmul(rows, weight.transpose(1, 2)).transpose(1, 2).view(len(x), 3, *x.shape[2:]).add_(self.bias)
        return out if skip is None else out.add_(resize(skip, 2))


class Constant(nn.Module):
    """The learned 4×4 start of the decoder."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(1, channels, 4, 4))


class Decoder(nn.Module):
    """StyleGAN2 with spatial feature transform on half of the channels."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        first, style = arch.channels(4), arch.style
        # never run, as the encoder gives the latents, but in the checkpoint; upstream's even layers hold no weights
        self.style_mlp = nn.ModuleDict({str(2 * i + 1): nn.Linear(style, style) for i in range(arch.style_layers)})
        self.constant_input = Constant(first)
        self.style_conv1 = StyleConv(first, first, style, upsample=False)
        self.to_rgb1 = ToRGB(first, style)
        self.style_convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        coarse = first
        for side in arch.sides:
            fine = arch.channels(side)
            self.style_convs.append(StyleConv(coarse, fine, style, upsample=True))
            self.style_convs.append(StyleConv(fine, fine, style, upsample=False))
            self.to_rgbs.append(ToRGB(fine, style))
            coarse = fine
        self.noises = nn.Module()
        for i in range(len(self.style_convs) + 1):
            side = 2 ** ((i + 5) // 2)
            self.noises.register_buffer(f"noise{i}", torch.empty(1, 1, side, side))

    def forward(self, latent: Tensor, conditions: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
        """Latents (N, L, S) and (scale, shift) of each level, coarse to fine, to the picture (N, 3, H, W)."""
        noise = [getattr(self.noises, f"noise{i}") for i in range(len(self.style_convs) + 1)]
        out = self.constant_input.weight.expand(len(latent), -1, -1, -1)
        out = self.style_conv1(out, latent[:, 0], noise[0])
        image = self.to_rgb1(out, latent[:, 1], None)
        for level, (scale, shift) in enumerate(conditions):
            i = 2 * level + 1
            out = self.style_convs[i - 1](out, latent[:, i], noise[i])
            out = transformed(out, scale, shift)
            out = self.style_convs[i](out, latent[:, i + 1], noise[i + 1])
            image = self.to_rgbs[level](out, latent[:, i + 2], image)
        return torch.as_tensor(image)


def transformed(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    """The spatial feature transform of the second half of the channels."""
    half = x.shape[1] // 2
    if exporting():  # OpenVINO's converter knows no writing into a part
        return torch.cat([x[:, :half], x[:, half:] * scale + shift], 1)
    x[:, half:].mul_(scale).add_(shift)
    return x
