"""Which steps of the temporal layer are taken."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.motion.motion import Motion


@dataclass(frozen=True, slots=True)
class Options:
    """The steps of `transport`, `stabilise` and `settle` that can be left out, to measure what each is worth.

    The product takes all of them. `crossfade`: a frame takes from the keyframes before and after it, not from the
    nearest alone. `sharp_warp`: what is carried is warped by Lanczos, not bilinearly. `confidence`: what the flow
    can't be trusted with is not carried; False trusts every pixel. `backwards`: frames are settled in both directions
    of time. `firm_low`: low frequencies are held more firmly than detail.
    """

    crossfade: bool = True
    sharp_warp: bool = True
    confidence: bool = True
    backwards: bool = True
    firm_low: bool = True

    def judge(self, motion: Motion) -> Motion:
        """Return the motion with the confidence it is used at."""
        return motion if self.confidence else replace(motion, confidence=np.ones_like(motion.confidence))


ALL_STEPS = Options()
