"""The network `compact`: 0.6 M parameters, 10 GFLOP for 256×256 to 512×512.

It works at half and a quarter of the input's resolution (pixels unshuffled, as in FFDNet, Zhang et al. 2018), where a
convolution sees the period of a dither pattern for a quarter of the cost, and adds what it finds to a bicubic
enlargement, so an untrained network is exactly that.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from pipeline.restore.compact_inputs import KNOWN

DIFFERENCE = 4.0  # differences between frames are small: brought to the size of the frame's own values
FOUND = 0.1  # so that a step of Adam moves the picture by less than the damage; without it nothing was learnt
_SEEN = 9 * 4 + 3 * 16  # three input frames at half resolution, the previous output at a quarter of its own


class Residual(nn.Module):
    """Two 3×3 convolutions whose result is added to what came in."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, H, W) to the same."""
        found: Tensor = self.second(functional.relu(self.first(x)))
        return x + found


class Compact(nn.Module):
    """Restores and doubles a frame, told its neighbours, its own last output and what is known of the damage."""

    def __init__(self, width: int = 64, deep: int = 96) -> None:
        super().__init__()
        self.told = nn.Linear(KNOWN, width)
        self.enter = nn.Conv2d(_SEEN, width, 3, padding=1)
        self.near = Residual(width)
        self.down = nn.Conv2d(width, deep, 2, stride=2)
        self.far = nn.Sequential(Residual(deep), Residual(deep))
        self.up = nn.Conv2d(deep, width * 4, 1)
        self.join = Residual(width)
        self.leave = nn.Conv2d(width, 48, 3, padding=1)
        for values in (self.leave.weight, self.leave.bias):
            if values is not None:
                nn.init.zeros_(values)

    def forward(self, frame: Tensor, before: Tensor, after: Tensor, previous: Tensor, condition: Tensor) -> Tensor:
        """Return (N, 3, 2H, 2W) float32 RGB in about [0, 1].

        `frame`, `before` and `after` are (N, 3, H, W), `previous` (N, 3, 2H, 2W), RGB in [0, 1], H and W multiples of
        4; `condition` is (N, KNOWN).
        """
        differences = torch.cat([before - frame, after - frame], 1) * DIFFERENCE
        seen = functional.pixel_unshuffle(torch.cat([frame - 0.5, differences], 1), 2)
        base = functional.interpolate(frame, scale_factor=2.0, mode="bicubic", align_corners=False)
        x = self.enter(torch.cat([seen, functional.pixel_unshuffle((previous - base) * DIFFERENCE, 4)], 1))
        x = self.near(functional.relu(x + self.told(condition)[:, :, None, None]))
        x = self.join(x + functional.pixel_shuffle(self.up(self.far(functional.relu(self.down(x)))), 2))
        return base + FOUND * functional.pixel_shuffle(self.leave(x), 4)
