"""`compact`, the embedded restorer: cleans and doubles a shot's frames, each told the mean of those around.

See `docs/compact.md` for what it was trained on, what it is not for, and its figures.
"""

from functools import partial
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.networks.classic import classic
from pipeline.networks.compact import engines as compact_engines
from pipeline.networks.compact import inputs as compact_inputs
from pipeline.networks.compact.engines import Engine
from pipeline.networks.compact.tiles import tiled
from pipeline.report import Measurement

Scale = Literal[1, 2, 4]
FEWEST_COLOURS = 6  # and fewer: line art and 1-bit pictures, which it was never shown
ENOUGH_COLOURS = 16
TAKEN_AT_X1 = {"noise": ((0.4, 0.65), (0.0, 1.0)), "blur": ((0.7, 1.1), (0.0, 1.0))}  # by severity
BLURRED_EDGE = (2.5, 3.5)  # px of edge spread between which a picture is taken to be blurred
BELIEVED = (0.9, 0.75)
NOTHING_WRONG = Measurement("clean", {}, 1.0, noise_sigma_8bit=0.0, noise_temporal_sigma_8bit=0.0, dither=0.0)


class Upscaler:
    """The network with its weights in one engine; frames go through in order, in tiles of bounded size."""

    def __init__(
        self, engine: Engine = "torch", weights: Path = compact_engines.WEIGHTS, threads: int = 0, device: str = "cpu"
    ) -> None:
        """Raises WeightsWrong where the weights in the package are not the published ones."""
        self._forward = compact_engines.forward(compact_engines.network(weights), engine, threads, device)

    def restore(self, frames: UInt8, measured: Measurement, scale: Scale) -> UInt8:
        """Restore one shot (T, H, W, 3) uint8 sRGB, T ≥ 1, to (T, scale·H, scale·W, 3).

        ×4 is two passes, the second told that nothing is wrong with its input. At ×1 a clip that measures as clean
        comes back as it was, and one in so few colours that the network never saw its like is left to Lanczos.
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
        for t, seen in enumerate(compact_inputs.shown(frames, compact_inputs.temporal_sigma(measured))):
            colours = compact_inputs.colours(seen.frame)
            run = partial(self._tile, compact_inputs.condition(measured, colours)[None], believed(measured))
            doubled[t] = trusted(seen.frame, tiled(run, seen.frame, seen.mean, seen.frames), colours)
        return doubled

    def _tile(self, told: Float32, share: float, frame: UInt8, mean: UInt8, frames: UInt8) -> UInt8:
        seen = [compact_engines.planes(part) for part in (frame, mean, frames)]
        found = self._forward([*seen, told]) - seen[1]
        return compact_engines.picture(seen[1] + found * np.float32(share))


def believed(measured: Measurement) -> float:
    """How much to add of what the network finds: less where it sharpens a blurred picture, where it overshoots.

    On photographs that it was not trained on, 0.75 of it is nearest to the truth at an edge spread of 3 to 4 px, 0.85
    above, and all of it below 3 px; 0.9 there costs 0.02 dB and lets less of what is left of a dither be sharpened.
    """
    return float(np.interp(measured.edge_spread_px or 0.0, BLURRED_EDGE, BELIEVED))


def trusted(frame: UInt8, restored: UInt8, colours: int) -> UInt8:
    """Blend a frame's restoration with its Lanczos enlargement where it has too few colours to be what was learnt.

    A grey frame stays grey.
    """
    if (frame == frame[..., :1]).all():
        restored = np.asarray(cv2.cvtColor(cv2.cvtColor(restored, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
    share = float(np.clip((colours - FEWEST_COLOURS) / (ENOUGH_COLOURS - FEWEST_COLOURS), 0, 1))
    return restored if share == 1 else mixed(classic.upscale(frame[None], 2)[0], restored, share)


def damaged_share(measured: Measurement) -> float:
    """How much of a result at ×1 to take, 0 to 1: none of it where the clip measures as clean.

    Undamaged clips reach 0.37 of the threshold for noise and 0.8 of that for blur; 256 colours are 0.67 of the noise.
    """
    return max(float(np.interp(measured.severity.get(kind, 0.0), *ramp)) for kind, ramp in TAKEN_AT_X1.items())


def mixed(frames: UInt8, restored: UInt8, share: float) -> UInt8:
    """Blend two arrays of equal shape: `share` of `restored`."""
    if share == 1:
        return restored
    blend = np.rint(frames * np.float32(1 - share) + restored * np.float32(share))
    return np.asarray(blend, np.uint8)
