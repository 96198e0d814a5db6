"""Flicker against sharpness: what each way to a steady clip costs and gives.

`python -m benchmarks.temporal [--clips DIR] [--tvl1-every N]`. DIR holds pictures with the source at the left and
its restoration, frame by frame, at the right; without it a made clip is measured. The last line is one JSON object.
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks import temporal_clips
from benchmarks.temporal_plots import plot, slices, table
from benchmarks.temporal_scores import Score, pairs, score, tvl1
from pipeline.settings import Temporal
from pipeline.temporal import stabilise, transport
from pipeline.temporal.flow import UInt8, flow, luma, warp
from pipeline.temporal.keyframes import restore_keyframes
from pipeline.temporal.settle import settle
from pipeline.temporal.stabiliser import spaced

Method = Callable[[UInt8, UInt8], tuple[UInt8, int]]


def averaged(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    """Average each frame with the two before and after it, warped to it."""
    grey, out = [luma(frame) for frame in source], []
    for i, to in enumerate(grey):
        around = [j for j in range(i - 2, i + 3) if 0 <= j < len(grey)]
        warped = [restored[j] if j == i else warp(restored[j], flow(to, grey[j])) for j in around]
        out.append(np.rint(np.mean(warped, axis=0)).astype(np.uint8))
    return np.stack(out), len(source)


def blended(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    """Blend each frame half and half with the last result, warped to it."""
    out = [restored[0]]
    for i in range(1, len(source)):
        last = warp(out[-1], flow(luma(source[i]), luma(source[i - 1])))
        out.append(cv2.addWeighted(last, 0.5, restored[i], 0.5, 0))
    return np.stack(out), len(source)


def scheduled(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    place = {frame.tobytes(): i for i, frame in enumerate(source)}
    frames, keys = restore_keyframes(
        source, lambda wanted: np.stack([restored[place[frame.tobytes()]] for frame in wanted]), Temporal()
    )
    return frames, len(keys)


def transported(source: UInt8, restored: UInt8, strength: float = 1.0) -> tuple[UInt8, int]:
    keys = {i: restored[i] for i in spaced(len(source), 12, False)}
    return transport(source, keys, strength=strength)[0], len(keys)


def settled(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    frames = restored.copy()
    settle(source, frames, 1.0, loops=False)
    return frames, len(source)


METHODS: dict[str, Method] = {
    "source": lambda source, _: (source, 0),
    "frame by frame": lambda source, restored: (restored, len(source)),
    "averaging ±2": averaged,
    "recursive blend": blended,
    "stabilise": lambda source, restored: (stabilise(source, restored), len(source)),
    "transport": transported,
    "keyframe scheduler": scheduled,
    "ablation: settle alone": settled,
    "ablation: transport, not settled": lambda source, restored: transported(source, restored, 0.0),
}


def measured(source: UInt8, restored: UInt8, tvl1_every: int) -> tuple[list[Score], dict[str, UInt8]]:
    dis, tv = pairs(source), pairs(source, tvl1, tvl1_every)
    scores, results = [], {}
    for name, method in METHODS.items():
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
    parser.add_argument("--docs", type=Path, help="write the table and the plots under this folder")
    options = parser.parse_args()
    cv2.setNumThreads(2)
    source, restored = temporal_clips.pairs(options.clips) if options.clips else temporal_clips.made()
    scores, results = measured(source, restored, options.tvl1_every)
    print(table(scores))
    if options.docs:
        (options.docs / "images").mkdir(parents=True, exist_ok=True)
        plot(scores, options.docs / "images" / "temporal-tmse-sharpness.png")
        if not options.clips:
            slices(results, options.docs / "images" / "temporal-xt.png")
    print(json.dumps(summary(scores)))


if __name__ == "__main__":
    main()
