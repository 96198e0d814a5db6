"""The plots of `benchmarks.quality`: errors by the size of the damage."""

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from benchmarks.quality import Tried


def draw(results: "list[Tried]", sigma: list[float | None], edge: list[float | None], folder: Path) -> None:
    """Write `quality-measures.png` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    noisy = [
        (t.case.sigma_8bit, t.found.noise_sigma_8bit) for t, e in zip(results, sigma, strict=True) if e is not None
    ]
    blurred = [(t.case.sigma_px, t.found.edge_spread_px) for t, e in zip(results, edge, strict=True) if e is not None]
    for axes, points, bound, slope in ((left, noisy, 0.10, 1.0), (right, blurred, 0.15, 2.563)):
        truth = [slope * x for x, _ in points]
        axes.scatter(truth, [y for _, y in points], s=12, alpha=0.6)
        ends = [0.0, max(truth)]
        axes.plot(ends, ends, color="black", linewidth=1)
        axes.fill_between(ends, [0, ends[1] * (1 - bound)], [0, ends[1] * (1 + bound)], alpha=0.15)
    left.set(xlabel="noise added, σ in 8-bit levels", ylabel="measured", title="Noise (band: ±10 %)")
    right.set(xlabel="10-90 % rise of the blur, px", ylabel="measured edge spread, px", title="Blur (band: ±15 %)")
    figure.tight_layout()
    figure.savefig(folder / "quality-measures.png", dpi=90)
