"""The steps of the temporal layer that can be switched off."""

from dataclasses import dataclass, replace

import numpy as np

from pipeline.motion.motion import Motion


@dataclass(frozen=True, slots=True)
class Options:
    """Steps of `transport`, `stabilise` and `settle` that the benchmark leaves out to measure what each is worth.

    The product takes all of them. `crossfade`: a frame takes from the keyframes before and after it, not only from the
    nearest. `sharp_warp`: what is carried is warped by Lanczos, not bilinearly. `confidence`: pixels whose flow can't
    be trusted are not carried; False trusts every pixel. `backwards`: frames are settled in both directions of time.
    `firm_low`: low frequencies are pulled together more firmly than detail.
    """

    crossfade: bool = True
    sharp_warp: bool = True
    confidence: bool = True
    backwards: bool = True
    firm_low: bool = True

    def apply_confidence(self, motion: Motion) -> Motion:
        """Return the motion, with full confidence everywhere if `confidence` is False."""
        return motion if self.confidence else replace(motion, confidence=np.ones_like(motion.confidence))


ALL_STEPS = Options()
