"""The network `compact`: 0.3 M parameters, 8 GFLOP for 256×256 to 512×512.

It is a small U-Net (Ronneberger et al. 2015) at full, half and a quarter of the input's resolution. Half of its
arithmetic is at a quarter, where a convolution covers the period of a dither pattern for a sixteenth of the cost. Its
output is added to the mean of the surrounding frames, so an untrained network returns exactly that mean.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.networks.compact.inputs import CONDITION_SIZE

DIFFERENCE_SCALE = 4.0  # a frame differs little from the mean; this brings the difference to the range of a frame
OUTPUT_SCALE = 0.1  # so that a step of Adam changes the picture by less than the damage; else nothing was learnt
_INPUTS = 12 + 3 + 1  # the mean folded to the frame's size, the frame's difference from it, and the count


class Residual(nn.Module):
    """Two 3×3 convolutions whose result is added to their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, width, H, W) to the same shape."""
        residual: Tensor = self.second(functional.relu(self.first(x)))
        return x + residual


class Compact(nn.Module):
    """Restores and doubles a frame, given the mean of the surrounding frames and the measured damage."""

    def __init__(self, fine: int = 32, half: int = 48, quarter: int = 64) -> None:
        super().__init__()
        self.told = nn.Linear(CONDITION_SIZE, fine)  # `told` is a key of the weights file
        self.enter = nn.Conv2d(_INPUTS, fine, 3, padding=1)
        self.to_half = nn.Conv2d(fine, half, 2, stride=2)
        self.near = Residual(half)
        self.to_quarter = nn.Conv2d(half, quarter, 2, stride=2)
        self.far = nn.Sequential(Residual(quarter), Residual(quarter))
        self.from_quarter = nn.Conv2d(quarter, half * 4, 1)
        self.join = Residual(half)
        self.from_half = nn.Conv2d(half, fine * 4, 1)
        self.last = Residual(fine)
        self.leave = nn.Conv2d(fine, 12, 3, padding=1)
        for values in (self.leave.weight, self.leave.bias):
            if values is not None:
                nn.init.zeros_(values)

    def forward(self, frame: Tensor, mean: Tensor, frames: Tensor, condition: Tensor) -> Tensor:
        """Return (N, 3, 2H, 2W) float32 RGB in about [0, 1].

        `frame` is (N, 3, H, W) and `mean` (N, 3, 2H, 2W), RGB in [0, 1]; `frames` is (N, 1, H, W), bytes / 255; H and
        W are multiples of 4; `condition` is (N, CONDITION_SIZE).
        """
        folded = functional.pixel_unshuffle(mean, 2)
        difference = (frame - functional.avg_pool2d(mean, 2)) * DIFFERENCE_SCALE
        x = self.enter(torch.cat([folded - 0.5, difference, frames], 1))
        fine = functional.relu(x + self.told(condition)[:, :, None, None])
        half = self.near(functional.relu(self.to_half(fine)))
        far = self.far(functional.relu(self.to_quarter(half)))
        half = self.join(half + functional.pixel_shuffle(self.from_quarter(far), 2))
        fine = self.last(fine + functional.pixel_shuffle(self.from_half(half), 2))
        return mean + OUTPUT_SCALE * functional.pixel_shuffle(self.leave(fine), 2)
