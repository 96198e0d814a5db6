"""The plots of `benchmarks.quality`: errors by the size of the damage, accuracy by its severity, and the gains."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.quality_gain import Gain
from benchmarks.quality_tried import Tried


def draw_measures(results: Sequence[Tried], folder: Path) -> None:
    """Write `quality-measures.png` into the folder: what was measured over what was done."""
    folder.mkdir(parents=True, exist_ok=True)
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    noisy = [(t.sigma_truth, t.found.noise_sigma_8bit) for t in results if t.sigma_truth and t.found.noise_sigma_8bit]
    blurred = [(t.edge_truth, t.found.edge_spread_px) for t in results if t.edge_truth and t.found.edge_spread_px]
    for axes, points, bound in ((left, noisy, 0.10), (right, blurred, 0.15)):
        axes.scatter(*zip(*points, strict=True), s=12, alpha=0.5)
        ends = np.array([0.0, max(truth for truth, _ in points)])
        axes.plot(ends, ends, color="black", linewidth=1)
        axes.fill_between(ends, ends * (1 - bound), ends * (1 + bound), alpha=0.15)
    left.set(xlabel="true noise, σ in 8-bit levels", ylabel="measured", title="Noise (band: ±10 %)")
    right.set(xlabel="true 10-90 % rise, px", ylabel="measured edge spread, px", title="Blur (band: ±15 %)")
    figure.tight_layout()
    figure.savefig(folder / "quality-measures.png", dpi=80)


def draw_gains(found: Sequence[Gain], folder: Path) -> None:
    """Write `quality-gains.png` into the folder: PSNR and SSIM of input, bicubic and output by recipe."""
    recipes = list(dict.fromkeys(gain.recipe for gain in found))
    figure, rows = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
    for axes, name, title in zip(rows, ("psnr_db", "ssim"), ("PSNR, dB", "SSIM"), strict=True):
        for step, made in enumerate(("damaged", "bicubic", "restored")):
            means = [np.mean([getattr(getattr(g, made), name) for g in found if g.recipe == r]) for r in recipes]
            axes.barh(np.arange(len(recipes)) + 0.27 * step, means, height=0.25, label=made)
        axes.set(yticks=np.arange(len(recipes)) + 0.27, yticklabels=recipes, title=title)
        axes.set_xlim(left=18 if name == "psnr_db" else 0.4)
    rows[0].invert_yaxis()
    rows[1].legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(folder / "quality-gains.png", dpi=80)
