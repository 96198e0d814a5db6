"""`compact`, the embedded restorer: cleans and doubles a shot's frames, each told its neighbours and the last result.

See `docs/compact.md` for what it was trained on, what it is not for, and its figures.
"""

from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from pipeline.clip import UInt8
from pipeline.report import Measurement
from pipeline.restore import classic, compact_engines, compact_inputs
from pipeline.restore.compact_engines import Engine, Float32
from pipeline.restore.compact_tiles import tiled

Scale = Literal[1, 2, 4]
FEWEST_COLOURS = 6  # and fewer: line art and 1-bit pictures, which it was never shown
ENOUGH_COLOURS = 16


class Upscaler:
    """The network with its weights in one engine; frames go through in order, in tiles of bounded size."""

    def __init__(self, engine: Engine = "openvino", weights: Path = compact_engines.WEIGHTS, threads: int = 0) -> None:
        self.engine = engine
        self._forward = compact_engines.forward(compact_engines.network(weights), engine, threads)

    def restore(self, frames: UInt8, measured: Measurement, scale: Scale) -> UInt8:
        """Restore one shot (T, H, W, 3) uint8 sRGB, T ≥ 1, to (T, scale·H, scale·W, 3).

        ×4 is two passes, the second told that nothing is wrong with its input. At ×1 a clip that measures as clean
        comes back as it was, and one in so few colours that the network never saw its like is left to Lanczos.
        """
        if scale == 1:
            return self._same_size(frames, measured)
        double = self._cleaned_and_doubled(frames, measured)
        return double if scale == 2 else self._double(double, double, 0.0, 0.0)

    def _same_size(self, frames: UInt8, measured: Measurement) -> UInt8:
        share = damaged_share(measured)
        if share == 0:
            return frames
        size = frames.shape[2], frames.shape[1]
        double = self._cleaned_and_doubled(frames, measured)
        halved = np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in double])
        return mixed(frames, np.asarray(halved, np.uint8), share)

    def _cleaned_and_doubled(self, frames: UInt8, measured: Measurement) -> UInt8:
        """`classic` takes the noise and blur that a short training has not learnt to, the network the rest."""
        noise = None if measured.noise_sigma_8bit is None else 0.0
        return self._double(frames, classic.clean(frames, measured), noise, compact_inputs.blur_sigma(measured))

    def _double(self, frames: UInt8, cleaned: UInt8, noise: float | None, blur: float | None) -> UInt8:
        count, height, width, _ = frames.shape
        doubled = np.empty((count, 2 * height, 2 * width, 3), np.uint8)
        last: UInt8 | None = None
        for t in range(count):
            colours = compact_inputs.colours(frames[t])
            told = compact_inputs.condition(noise, blur, colours)
            last = self._frame(compact_inputs.shown(cleaned, t, noise or 0.0), last, told)
            doubled[t] = trusted(frames[t], last, colours)
        return doubled

    def _frame(self, seen: compact_inputs.Shown, last: UInt8 | None, told: Float32) -> UInt8:
        if last is None or seen.back is None:
            previous = compact_inputs.doubled(seen.frame)
        else:
            previous = compact_inputs.carried(last, seen.back)

        def run(frame: UInt8, before: UInt8, after: UInt8, before_this: UInt8) -> UInt8:
            pictures = [compact_engines.planes(part) for part in (frame, before, after, before_this)]
            return compact_engines.picture(self._forward([*pictures, told[None]]))

        return tiled(run, seen.frame, seen.before, seen.after, previous)


def trusted(frame: UInt8, restored: UInt8, colours: int) -> UInt8:
    """Blend a frame's restoration with its Lanczos enlargement where it has too few colours to be what was learnt."""
    share = float(np.clip((colours - FEWEST_COLOURS) / (ENOUGH_COLOURS - FEWEST_COLOURS), 0, 1))
    return restored if share == 1 else mixed(classic.upscale(frame[None], 2)[0], restored, share)


def damaged_share(measured: Measurement) -> float:
    """How much of a result at ×1 to take, 0 to 1: none of it up to a fifth of a category's threshold, all at half."""
    worst = max((measured.severity.get(kind, 0.0) for kind in ("blur", "noise")), default=0.0)
    return float(np.clip((worst - 0.2) / 0.3, 0, 1))


def mixed(frames: UInt8, restored: UInt8, share: float) -> UInt8:
    """Blend two arrays of equal shape: `share` of `restored`."""
    if share == 1:
        return restored
    blend = np.rint(frames * np.float32(1 - share) + restored * np.float32(share))
    return np.asarray(blend, np.uint8)
