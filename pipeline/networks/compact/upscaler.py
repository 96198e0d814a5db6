"""Restores a shot with `compact`: cleans and doubles each frame, given the mean of the surrounding frames.

`docs/compact.md` describes its training, its limits and its quality.
"""

from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.networks import classic
from pipeline.networks.compact import engines, inputs
from pipeline.networks.compact.engines import Engine
from pipeline.networks.compact.tiles import tiled
from pipeline.report import Measurement

Scale = Literal[1, 2, 4]
TOO_FEW_COLOURS = 6  # or fewer: line art and 1-bit pictures, which were not in its training
ENOUGH_COLOURS = 16
SHARE_AT_X1 = {"noise": ((0.4, 0.65), (0.0, 1.0)), "blur": ((0.7, 1.1), (0.0, 1.0))}  # severities and shares
BLURRED_EDGE = (2.5, 3.5)  # px of edge spread, from a sharp picture to a blurred one
RESIDUAL_SHARE = (0.9, 0.75)
NOTHING_WRONG = Measurement("clean", {}, 1.0, noise_sigma_8bit=0.0, noise_temporal_sigma_8bit=0.0, dither=0.0)


class Upscaler:
    """The network, loaded into one engine; it processes frames in order, in tiles of bounded size."""

    def __init__(
        self, engine: Engine = "torch", weights: Path = engines.WEIGHTS, threads: int = 0, device: str = "cpu"
    ) -> None:
        """Load the network. Raises WeightsWrong if the weights in the package are not the published ones."""
        self._forward = engines.forward(engines.load_network(weights), engine, threads, device)

    def restore(self, frames: UInt8, measured: Measurement, scale: Scale) -> UInt8:
        """Restore one shot (T, H, W, 3) uint8 sRGB, T ≥ 1, to (T, scale·H, scale·W, 3).

        ×4 takes two passes; the second gets a measurement without damage. At ×1, a clip that measures as clean comes
        back unchanged. A frame with fewer colours than in training is enlarged by Lanczos instead.
        """
        if scale == 1:
            return self._same_size(frames, measured)
        double = self._double(frames, measured)
        return double if scale == 2 else self._double(double, NOTHING_WRONG)

    def _same_size(self, frames: UInt8, measured: Measurement) -> UInt8:
        share = damaged_share(measured)
        if share == 0:
            return frames
        size = frames.shape[2], frames.shape[1]
        halved = [cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in self._double(frames, measured)]
        return mixed(frames, np.asarray(np.stack(halved), np.uint8), share)

    def _double(self, frames: UInt8, measured: Measurement) -> UInt8:
        count, height, width, _ = frames.shape
        doubled = np.empty((count, 2 * height, 2 * width, 3), np.uint8)
        for t, given in enumerate(inputs.frame_inputs(frames, inputs.temporal_sigma(measured))):
            colours = inputs.colours(given.frame)
            run = partial(self._double_tile, inputs.condition(measured, colours)[None], residual_share(measured))
            doubled[t] = keep_simple(given.frame, tiled(run, given.frame, given.mean, given.frames), colours)
        return doubled

    def _double_tile(self, condition: Float32, share: float, frame: UInt8, mean: UInt8, frames: UInt8) -> UInt8:
        planes = [engines.planes(part) for part in (frame, mean, frames)]
        residual = self._forward([*planes, condition]) - planes[1]
        return engines.picture(planes[1] + residual * np.float32(share))


def residual_share(measured: Measurement) -> float:
    """Return how much of the network's residual to add: less for a blurred picture, where the network overshoots.

    On photographs outside its training set, 0.75 is nearest to the truth at an edge spread of 3 to 4 px, 0.85 above,
    and 1 below 3 px; 0.9 there costs 0.02 dB and sharpens less of the remaining dither.
    """
    return float(np.interp(measured.edge_spread_px or 0.0, BLURRED_EDGE, RESIDUAL_SHARE))


def keep_simple(frame: UInt8, restored: UInt8, colours: int) -> UInt8:
    """Blend a restored frame with its Lanczos enlargement if it has fewer colours than in training.

    A grey frame stays grey.
    """
    if (frame == frame[..., :1]).all():
        restored = np.asarray(cv2.cvtColor(cv2.cvtColor(restored, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
    share = float(np.clip((colours - TOO_FEW_COLOURS) / (ENOUGH_COLOURS - TOO_FEW_COLOURS), 0, 1))
    return restored if share == 1 else mixed(classic.upscale(frame[None], 2)[0], restored, share)


def damaged_share(measured: Measurement) -> float:
    """Return how much of a result at ×1 to use, 0 to 1: 0 if the clip measures as clean.

    Undamaged clips reach 0.37 of the threshold for noise and 0.8 of the one for blur; 256 colours alone reach 0.67 of
    the one for noise.
    """
    return max(float(np.interp(measured.severity.get(kind, 0.0), *ramp)) for kind, ramp in SHARE_AT_X1.items())


def mixed(frames: UInt8, restored: UInt8, share: float) -> UInt8:
    """Blend two arrays of equal shape: `share` of `restored`."""
    if share == 1:
        return restored
    blend = np.rint(frames * np.float32(1 - share) + restored * np.float32(share))
    return np.asarray(blend, np.uint8)
