"""What one damaged clip was measured as."""

from dataclasses import dataclass

import numpy as np

from benchmarks.quality_content import Case
from pipeline.report import Measurement

RISE = 2.563  # 10-90 % of a Gaussian edge, in standard deviations


@dataclass(frozen=True, slots=True)
class Tried:
    """One damaged clip and what was measured on it and on its clean original, both as GIFs or both not."""

    clip: str
    as_gif: bool
    case: Case
    rms_8bit: float
    clean: Measurement
    found: Measurement

    @property
    def right(self) -> bool:
        """Whether the damage names the category."""
        return self.found.category == self.case.category

    @property
    def sigma_truth(self) -> float | None:
        """The noise that was added, with the clean clip's own, in 8-bit levels."""
        added = self.case.sigma_8bit
        return None if added is None else float(np.hypot(added, self.clean.noise_sigma_8bit or 0.0))

    @property
    def edge_truth(self) -> float | None:
        """The rise of the blur, with the clean clip's own, in px."""
        done = self.case.sigma_px
        return None if done is None else float(np.hypot(RISE * done, self.clean.edge_spread_px or 0.0))
