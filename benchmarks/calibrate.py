"""What every measure says of every calibration damage: the table that the thresholds are set on.

    python -m benchmarks.calibrate [--clips DIR]

One line a damage: how often it was filed rightly, then the lowest, median and highest of its measures over the clips.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality import tried
from benchmarks.quality_content import calibration, clean_clips


def low_mid_high(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return "/".join(f"{v:.2f}" for v in np.quantile(known, (0, 0.5, 1))) if known else "-"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="a folder of clean photographs, GIFs or videos")
    groups = defaultdict(list)
    for t in tried(list(clean_clips(parser.parse_args().clips)), calibration()):
        groups[t.case.category, t.case.name].append(t)
    for (category, name), found in groups.items():
        right = sum(t.found.category == category for t in found)
        severity = " ".join(
            f"{k} {low_mid_high([t.found.severity[k] for t in found])}" for k in found[0].found.severity
        )
        measured = " ".join(
            f"{k} {low_mid_high([getattr(t.found, k) for t in found])}"
            for k in ("edge_spread_px", "noise_sigma_8bit", "dither", "resolution_cutoff", "blockiness")
        )
        print(f"{category:>8} {name:<14} {right}/{len(found)} | severity {severity} | {measured}")


if __name__ == "__main__":
    main()
