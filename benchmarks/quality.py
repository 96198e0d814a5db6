"""How well damage is measured and how much restoration gains, on clips damaged in known ways.

    python -m benchmarks.quality [--clips DIR] [--restore N] [--plots DIR]

Prints the categoriser's confusion matrix, the errors of σ and of the edge spread, and for N clips a category (0 skips
them) what the whole product gains over the damaged input and over bicubic enlargement. The last line is one JSON
object.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.quality_content import Case, clean_clips, evaluation
from benchmarks.quality_gain import gains
from pipeline.categorise import measure
from pipeline.clip import Clip
from pipeline.degrade import degrade, difference_rms_8bit
from pipeline.report import Measurement

RISE = 2.563  # 10-90 % of a Gaussian edge, in standard deviations
VISIBLE_8BIT = 3.0
CATEGORIES = ("clean", "blurry", "noisy", "low_res")


@dataclass(frozen=True, slots=True)
class Tried:
    """One damaged clip and what was measured on it and on its clean original."""

    clip: str
    case: Case
    rms_8bit: float
    clean: Measurement
    found: Measurement


def tried(clips: list[tuple[str, Clip]], cases: list[Case]) -> Iterator[Tried]:
    """Damage every clip by every case and measure it; damage that is not visible is left out."""
    for name, clip in clips:
        clean = measure(clip)
        for seed, case in enumerate(cases):
            damaged = degrade(clip, case.damages, seed)
            rms = difference_rms_8bit(clip, damaged)
            if not case.damages or rms >= VISIBLE_8BIT:
                yield Tried(name, case, rms, clean, measure(damaged))


def sigma_error(t: Tried) -> float | None:
    """Return the relative error of the noise σ against what was added to the clean clip's own."""
    if t.case.sigma_8bit is None or t.found.noise_sigma_8bit is None:
        return None
    truth = np.hypot(t.case.sigma_8bit, t.clean.noise_sigma_8bit or 0.0)
    return float(abs(t.found.noise_sigma_8bit / truth - 1.0))


def edge_error(t: Tried) -> float | None:
    """Return the relative error of the edge spread against the blur's and the clean clip's own together."""
    if t.case.sigma_px is None or t.found.edge_spread_px is None:
        return None
    truth = np.hypot(RISE * t.case.sigma_px, t.clean.edge_spread_px or 0.0)
    return float(abs(t.found.edge_spread_px / truth - 1.0))


def print_confusion(all_tried: list[Tried]) -> float:
    """Print the confusion matrix and every miss; return the accuracy on damaged clips."""
    counted = Counter((t.case.category, t.found.category) for t in all_tried)
    print(f"{'truth':>9} | " + " ".join(f"{c:>8}" for c in CATEGORIES))
    for truth in CATEGORIES:
        print(f"{truth:>9} | " + " ".join(f"{counted[truth, found]:8d}" for found in CATEGORIES))
    for t in all_tried:
        if t.found.category != t.case.category:
            severities = {name: round(value, 2) for name, value in t.found.severity.items()}
            print(f"  {t.clip}: {t.case.category} {t.case.name} (RMS {t.rms_8bit:.1f}) read as", end=" ")
            print(f"{t.found.category}, {severities}, confidence {t.found.confidence:.2f}")
    damaged = [t for t in all_tried if t.case.damages]
    return sum(t.found.category == t.case.category for t in damaged) / len(damaged)


def summary(errors: list[float | None]) -> float | None:
    """Return the median of the errors that are known."""
    known = [error for error in errors if error is not None]
    return round(float(np.median(known)), 4) if known else None


def share_within(errors: list[float | None], bound: float) -> float | None:
    """Return the share of the known errors up to `bound`."""
    known = [error for error in errors if error is not None]
    return round(float(np.mean(np.array(known) <= bound)), 4) if known else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="a folder of clean photographs, GIFs or videos")
    parser.add_argument("--restore", type=int, default=1, help="clips a category that are restored")
    parser.add_argument("--plots", type=Path, help="a folder for the plots")
    chosen = parser.parse_args()
    clips = list(clean_clips(chosen.clips))
    results = list(tried(clips, evaluation()))
    accuracy = print_confusion(results)
    clean = [t.found.category == "clean" for t in results if not t.case.damages]
    sigma, edge = [sigma_error(t) for t in results], [edge_error(t) for t in results]
    if chosen.plots:
        from benchmarks.quality_plots import draw

        draw(results, sigma, edge, chosen.plots)
    print(
        json.dumps(
            {
                "category_accuracy": round(accuracy, 4),
                "clean_accuracy": round(float(np.mean(clean)), 4),
                "damaged_clips": sum(bool(t.case.damages) for t in results),
                "noise_sigma_error": summary(sigma),
                "noise_sigma_within_10_percent": share_within(sigma, 0.10),
                "edge_spread_error": summary(edge),
                "edge_spread_within_15_percent": share_within(edge, 0.15),
                "gains": gains(clips, chosen.restore),
            }
        )
    )


if __name__ == "__main__":
    main()
