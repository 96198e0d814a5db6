"""One shot's transport: the path that `transport` and the keyframes' scheduler share."""

from collections.abc import Iterator, Mapping, Sequence

from pipeline.ahead import ahead
from pipeline.arrays import UInt8
from pipeline.motion.flow import Estimator, smooth_flow
from pipeline.steadiness.carry import Carried, Carrier
from pipeline.steadiness.options import ALL_STEPS, Options
from pipeline.steadiness.settle import settle

_CARRIED = 0.7  # of lambda for carried frames: less flickers in them, and where unsure they are the blurred source


class ShotTransport:
    """Carries keyframes over a shot without duplicate frames, as often as keyframes are added, then settles it.

    `source` (T, H, W, 3) uint8 sRGB is the shot, `keyframes` are restored frames of it by index. `frames`, of the
    source's shape, is the result: the source itself wherever nothing has been carried yet.
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
        """Carry the keyframes to the frames of these `indices`, and tell of each in order how sure that is."""
        carrier = Carrier(self.source, self.keyframes, self.loops, self.estimate, self.noise_sigma, self.options)
        for i, carried in zip(indices, ahead(carrier.carry, indices), strict=True):
            self.frames[i] = carried.over(self.source[i])
            yield carried

    def settle(self, strength: float) -> UInt8:
        """Put the keyframes in place, lower the flicker that is left, and return `frames`."""
        for i, frame in self.keyframes.items():
            self.frames[i] = frame
        weight = _CARRIED * strength
        settle(self.source, self.frames, weight, self.loops, self.noise_sigma, self.estimate, self.options)
        return self.frames
