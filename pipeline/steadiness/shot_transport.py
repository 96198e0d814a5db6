"""Carries keyframes over one shot and settles it, for both `transport` and the keyframe scheduler."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.ahead import ahead
from pipeline.arrays import UInt8
from pipeline.motion.flow import Estimator, smooth_flow
from pipeline.steadiness.carry import Carried, Carrier
from pipeline.steadiness.options import ALL_STEPS, Options
from pipeline.steadiness.settle import settle

_CARRIED = 0.7  # times lambda for carried frames: they flicker less, and where unsure they show the blurred source


class ShotTransport:
    """Carries keyframes over a shot, again whenever keyframes were added, and settles it at the end.

    `source` (T, H, W, 3) uint8 sRGB is the shot without duplicate frames; `keyframes` are its restored frames by index.
    `frames`, of the source's shape, is the result; it equals the source where nothing has been carried yet.
    """

    def __init__(
        self,
        source: UInt8,
        keyframes: Mapping[int, UInt8],
        loops: bool = False,
        noise_sigma: float = 0.0,
        estimate: Estimator = smooth_flow,
        options: Options = ALL_STEPS,
    ) -> None:
        self.source, self.frames = source, source.copy()
        self.keyframes = dict(keyframes)
        self.loops, self.noise_sigma, self.estimate, self.options = loops, noise_sigma, estimate, options

    def carry(self, indices: Sequence[int]) -> Iterator[Carried]:
        """Carry the keyframes to the frames of these `indices`; yield what was carried to each, in order."""
        carrier = Carrier(self.source, self.keyframes, self.loops, self.estimate, self.noise_sigma, self.options)
        for i, carried in zip(indices, ahead(carrier.carry, indices), strict=True):
            self.frames[i] = carried.over(self.source[i])
            yield carried

    def settle(self, strength: float) -> UInt8:
        """Put the keyframes in place, reduce the remaining flicker, and return `frames`."""
        for i, frame in self.keyframes.items():
            self.frames[i] = frame
        weight = _CARRIED * strength
        settle(self.source, self.frames, weight, self.loops, self.noise_sigma, self.estimate, self.options)
        return self.frames
