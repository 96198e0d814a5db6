"""Our GFPGAN engine beside upstream's `GFPGANer` on the same clip: `python -m benchmarks.engine [--clips DIR]`.

Both sides get the same random GFPGAN weights and the same landmarks (random detectors see nothing). Upstream runs a few
of the frames (`--upstream-frames`), ours all of them. Prints seconds a frame by part; the last line is one JSON object.
On a machine that others use too, its `ratio_processor_seconds` says more than the ratios of elapsed time.
"""

import argparse
import json
import tempfile
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks import engine_ours, engine_weights
from benchmarks.engine_ours import Times
from benchmarks.engine_upstream import Upstream
from benchmarks.gif_clips import clips
from pipeline.clip import Clip, UInt8
from pipeline.faces import track
from pipeline.settings import Faces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, help="a folder of videos; without, a generated clip is used")
    parser.add_argument("--clip", default="single_face", help="the name of one of them, without its ending")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--upstream-frames", type=int, default=3)
    parser.add_argument("--engine", default="auto", choices=["auto", "torch", "openvino"])
    given = parser.parse_args()
    cv2.setNumThreads(2)
    frames = next(held for name, held in clips(given.clips) if name == given.clip or not given.clips)[: given.frames]
    with tempfile.TemporaryDirectory() as name:
        compare(frames, given.upstream_frames, given.engine, Path(name))


def compare(frames: UInt8, upstream_frames: int, engine: str, folder: Path) -> None:
    weights = engine_weights.write(folder)
    np.save(folder / "frames.npy", frames)
    found = track(Clip(frames, None, np.full(len(frames), 40, np.int32)), Faces())[0]
    upstream = Upstream(folder / weights.file)
    chosen = list(np.linspace(found.start, found.stop - 1, upstream_frames).astype(int))
    theirs = np.stack([upstream.enhance(frames[i], [found.landmarks[i - found.start]])[0] for i in chosen])
    per_frame = {part: seconds / len(chosen) for part, seconds in upstream.seconds.items()}
    del upstream
    exact = engine_ours.run(folder, weights, folder / "frames.npy", folder / "exact.npy", "torch")
    exact_faces = np.load(folder / "exact.npy")[[i - found.start for i in chosen]]
    fast, fast_faces = exact, exact_faces
    if engine != "torch":
        fast = engine_ours.run(folder, weights, folder / "frames.npy", folder / "fast.npy", engine)
        fast_faces = np.load(folder / "fast.npy")[[i - found.start for i in chosen]]
    tell(per_frame, exact, fast, len(found.landmarks), len(frames))
    print(json.dumps(summary(per_frame, fast, len(found.landmarks), len(frames), theirs, exact_faces, fast_faces)))


def tell(upstream: dict[str, float], exact: Times, fast: Times, faces: int, frames: int) -> None:
    """A table in Markdown: seconds a frame of each part on both sides."""
    rest = upstream["all"] - sum(upstream[part] for part in ("detect", "restore", "mask"))
    print("| part, s a frame | upstream | torch | chosen |\n|---|---|---|---|")
    print(f"| detect | {upstream['detect']:.3f} | {exact.detect / frames:.3f} | {fast.detect / frames:.3f} |")
    print(f"| restore | {upstream['restore']:.3f} | {exact.restore / faces:.3f} | {fast.restore / faces:.3f} |")
    print(f"| mask | {upstream['mask']:.3f} | 0 | 0 |")
    ours = [(t.align + t.paste) / faces for t in (exact, fast)]
    print(f"| align, paste, background | {rest:.3f} | {ours[0]:.3f} | {ours[1]:.3f} |")
    for name, times in (("torch", exact), ("chosen", fast)):
        print(f"\n{name}: {times.engine} {times.dtype} batch {times.batch}, start {times.start:.1f} s", end="")
        print(f", peak {times.peak_mb} MB, keyframes {times.keyframe_share:.2f} of the frames")


def summary(
    upstream: dict[str, float],
    ours: Times,
    faces: int,
    frames: int,
    theirs: UInt8,
    exact_faces: UInt8,
    fast_faces: UInt8,
) -> dict[str, float]:
    around = ours.detect / frames + (ours.align + ours.paste) / faces
    every, keyed = around + ours.restore / faces, around + ours.keyframes / faces
    error = np.mean((fast_faces.astype(float) - theirs) ** 2)
    return {
        "ratio_every_frame": round(upstream["all"] / every, 2),
        "ratio_keyframes": round(upstream["all"] / keyed, 2),
        "keyframe_share": round(ours.keyframe_share, 3),
        "seconds_upstream": round(upstream["all"], 3),
        "seconds_ours": round(every, 3),
        "ratio_processor_seconds": round(upstream["processor"] / (ours.processor / frames), 2),
        "parity_max_255": int(np.abs(exact_faces.astype(int) - theirs).max()),
        "psnr_fast_db": round(float(10 * np.log10(255**2 / max(error, 1e-4))), 2),
        "peak_mb": ours.peak_mb,
    }


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
