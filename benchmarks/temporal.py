"""Flicker against sharpness: what each way to a steady clip costs and gives.

`python -m benchmarks.temporal [--clips DIR] [--tvl1-every N]`. DIR holds pictures with the source at the left and
its restoration, frame by frame, at the right; without it a made clip is measured. The last line is one JSON object.
"""

import argparse
import json
import time
from pathlib import Path

import cv2

from benchmarks import temporal_clips
from benchmarks.temporal_methods import ABLATIONS, METHODS
from benchmarks.temporal_plots import plot, slices, table
from benchmarks.temporal_scores import Score, pairs, score, tvl1
from pipeline.arrays import UInt8


def measured(
    source: UInt8, restored: UInt8, truth: UInt8 | None, tvl1_every: int
) -> tuple[list[Score], dict[str, UInt8]]:
    dis, tv = pairs(source), pairs(source, tvl1, tvl1_every)
    known = {} if truth is None else {"truth": lambda *_: (truth, 0)}
    scores, results = [], {}
    for name, method in {**known, **METHODS, **ABLATIONS}.items():
        started = time.perf_counter()
        results[name], count = method(source, restored)
        seconds = time.perf_counter() - started
        scores.append(score(name, results[name], restored, dis, tv, seconds, count / len(source)))
        print(scores[-1], flush=True)
    return scores, results


def summary(scores: list[Score]) -> dict[str, dict[str, float]]:
    by_name = {s.name: s for s in scores}
    base = by_name["frame by frame"]
    return {
        name: {
            "tmse_ratio": by_name[name].tmse / base.tmse,
            "tmse_ratio_tvl1": by_name[name].tmse_tvl1 / base.tmse_tvl1,
            "sharpness_ratio": by_name[name].sharpness / base.sharpness,
            "laplacian_correlation": by_name[name].laplacian_correlation,
            "restored_share": by_name[name].restored_share,
            "seconds_per_frame": by_name[name].seconds_per_frame,
        }
        for name in ("stabilise", "transport")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, help="folder of pictures: source left, restored right")
    parser.add_argument("--tvl1-every", type=int, default=4, help="TV-L1 takes seconds a pair: measure every N-th")
    parser.add_argument("--docs", type=Path, help="write the plots under this folder")
    options = parser.parse_args()
    cv2.setNumThreads(2)
    source, restored, truth = temporal_clips.pairs(options.clips) if options.clips else temporal_clips.made()
    scores, results = measured(source, restored, truth, options.tvl1_every)
    print(table(scores))
    if options.docs:
        images = options.docs / "images"
        images.mkdir(parents=True, exist_ok=True)
        kind = "pairs" if options.clips else "made"
        plot([s for s in scores if s.name not in ABLATIONS], images / f"temporal-{kind}.png")
        if not options.clips:
            slices(results, images / "temporal-xt.png")
    print(json.dumps(summary(scores)))


if __name__ == "__main__":
    main()
