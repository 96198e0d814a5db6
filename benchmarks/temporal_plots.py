"""The table and the pictures of the temporal benchmark."""

from pathlib import Path

import cv2
import numpy as np

from benchmarks.temporal_scores import Score
from pipeline.arrays import UInt8


def table(scores: list[Score]) -> str:
    base = next(s for s in scores if s.name == "frame by frame")
    lines = [
        "| method | T-MSE | under DIS | under TV-L1 | sharpness | Laplacian corr. | PSNR dB | s/frame | restored |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s.name} | {s.tmse:.2e} | {s.tmse / base.tmse - 1:+.1%} | {s.tmse_tvl1 / base.tmse_tvl1 - 1:+.1%} "
        f"| {s.sharpness / base.sharpness:.1%} | {s.laplacian_correlation:.2f} | {s.psnr_db:.1f} "
        f"| {s.seconds_per_frame:.2f} | {s.restored_share:.0%} |"
        for s in scores
    ]
    return "\n".join(lines)


def plot(scores: list[Score], path: Path) -> None:
    """Draw T-MSE against sharpness, both as shares of frame by frame."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    base = next(s for s in scores if s.name == "frame by frame")
    figure, axes = pyplot.subplots(figsize=(8, 5), dpi=100)
    for s in scores:
        at = (s.sharpness / base.sharpness, s.tmse / base.tmse)
        axes.plot(*at, "o")
        axes.annotate(s.name, at, xytext=(5, 5), textcoords="offset points", fontsize=8)
    axes.set(xlabel="sharpness, share of frame by frame", ylabel="T-MSE, share of frame by frame", ylim=(0, None))
    axes.margins(x=0.15)
    figure.tight_layout()
    figure.savefig(path)


def slices(results: dict[str, UInt8], path: Path) -> None:
    """Write one image column over time for each of four methods: flicker is jitter, ghosting a double edge."""
    strips = []
    for name in ("source", "frame by frame", "stabilise", "transport"):
        frames = results[name]
        column = frames[:, 128:384, frames.shape[2] // 2].transpose(1, 0, 2)
        strip = cv2.resize(column, (300, 512), interpolation=cv2.INTER_NEAREST)
        strip = cv2.copyMakeBorder(strip, 28, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255, 255, 255))
        strips.append(cv2.putText(strip, name, (8, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (0, 0, 0), 1, cv2.LINE_AA))
    cv2.imwrite(str(path), cv2.cvtColor(np.hstack(strips), cv2.COLOR_RGB2BGR))
