"""GFPGAN's clean architecture (Wang et al. 2021, arXiv 2101.04061), written for speed at inference.

Same parameters, keys and function as `gfpgan.archs.gfpganv1_clean_arch.GFPGANv1Clean` with `randomize_noise=False` and
`return_rgb=False`; a test holds the two equal. Differences, none of which changes the function:

- a modulated convolution scales its input, convolves it with the shared weight and demodulates the result, so that a
  batch is one convolution, not one group a face; for a single face both factors go into the weight;
- 1×1 convolutions and bilinear resizes swap places where that saves work (both are linear);
- the side images and the style network are left out, because the restored face does not depend on them.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn

from pipeline.networks.gfpgan.decoder import Decoder
from pipeline.networks.gfpgan.layers import Architecture, Condition, Conv, ResBlock
from pipeline.networks.weights.checkpoint import fill, read
from pipeline.networks.weights.registry import Weights
from pipeline.settings import Models


class Network(nn.Module):
    """U-Net encoder that gives the decoder its latents and conditions."""

    def __init__(self, arch: Architecture) -> None:
        super().__init__()
        wide = {side: arch.channels(side, arch.narrow * 0.5) for side in (4, *arch.sides)}
        fine_to_coarse = [*reversed(arch.sides), 4]
        self.conv_body_first = Conv(3, wide[arch.size], 1)
        self.conv_body_down = nn.ModuleList(ResBlock(wide[a], wide[b], 0.5) for a, b in pairwise(fine_to_coarse))
        self.final_conv = Conv(wide[4], wide[4], 3)
        coarse_to_fine = fine_to_coarse[::-1]
        self.conv_body_up = nn.ModuleList(ResBlock(wide[a], wide[b], 2) for a, b in pairwise(coarse_to_fine))
        self.toRGB = nn.ModuleList(Conv(wide[side], 3, 1) for side in arch.sides)  # side images of the training only
        self.latents = 2 * len(arch.sides) + 2
        self.final_linear = nn.Linear(wide[4] * 16, self.latents * arch.style)
        self.stylegan_decoder = Decoder(arch)
        self.condition_scale = nn.ModuleList(Condition(wide[side], arch.channels(side) // 2) for side in arch.sides)
        self.condition_shift = nn.ModuleList(Condition(wide[side], arch.channels(side) // 2) for side in arch.sides)

    def forward(self, x: Tensor) -> Tensor:
        """Aligned faces (N, 3, S, S), RGB in [-1, 1], to restored ones; the output may exceed the range a little."""
        feat = self.conv_body_first(x, activate=True)
        skips = []
        for down in self.conv_body_down:
            feat = down(feat)
            skips.append(feat)
        feat = self.final_conv(feat, activate=True)
        latent = self.final_linear(feat.flatten(1).float()).view(len(x), self.latents, -1)
        return torch.as_tensor(self.stylegan_decoder(latent, self._conditions(feat, skips)))

    def _conditions(self, feat: Tensor, skips: list[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        """(scale, shift) of each level, coarse to fine, made when the decoder asks: memory need not hold them all."""
        for up, scale, shift in zip(self.conv_body_up, self.condition_scale, self.condition_shift, strict=True):
            feat = up(feat + skips.pop())
            yield scale(feat), shift(feat)


def load(weights: Weights, models: Models, arch: Architecture) -> Network:
    """The network with the weights of a verified file. Raises WeightsMissing, WeightsWrong."""
    with torch.device("meta"):
        network = Network(arch)
    fill(network, read(weights, models), weights.name)
    return network
