"""Our GFPGAN engine beside upstream's `GFPGANer`: `python -m benchmarks.engine [--clips DIR]`.

Every frame of one clip is restored by both sides with the same random GFPGAN weights and the same landmarks (random
detectors see nothing); upstream runs a few of the frames (`--upstream-frames`), after one that warms it up. Then all
GIFs and videos of DIR go through the product's own path with keyframes (`benchmarks.engine_keyframes`), from decoded
frames to enhanced ones, against upstream's seconds from the same run for frames with as many faces: with the default
settings, and with `background: classic`, which like upstream has no network for what is not a face. Prints seconds a
frame by part; the last line is one JSON object, whose `classic` holds the figures of that background. On a machine that
others use too, `ratio_processor_seconds` says more than ratios of elapsed time.
"""

import argparse
import json
import tempfile
from math import log10
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks import engine_keyframes, engine_ours, engine_weights
from benchmarks.engine_keyframes import Restored
from benchmarks.engine_ours import Times
from benchmarks.engine_upstream import Upstream
from benchmarks.gif_clips import clips
from pipeline import media
from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.faces import FaceTrack, track
from pipeline.networks.hardware import threads
from pipeline.settings import Faces, Settings

CLOCKS = ("all", "processor")  # elapsed, and summed over processors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, help="a folder of videos; without, a generated clip is used")
    parser.add_argument("--clip", default="single_face", help="the name of one of them, without its ending")
    parser.add_argument("--frames", type=int, default=24, help="of each clip, at most")
    parser.add_argument("--upstream-frames", type=int, default=3)
    parser.add_argument("--engine", default="auto", choices=["auto", "torch", "openvino"])
    given = parser.parse_args()
    cv2.setNumThreads(threads())
    frames = next(held for name, held in clips(given.clips) if name == given.clip or not given.clips)[: given.frames]
    with tempfile.TemporaryDirectory() as name:
        compare(frames, files(given.clips, frames, Path(name)), given, Path(name))


def files(folder: Path | None, frames: UInt8, into: Path) -> list[Path]:
    """The GIFs and videos of a folder; without one, the frames as a GIF."""
    if folder is not None:
        return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".gif", ".mp4"))
    media.gif.write(as_clip(frames), into / "clip.gif")
    return [into / "clip.gif"]


def as_clip(frames: UInt8) -> Clip:
    return Clip(frames, None, np.full(len(frames), 40, np.int32))


def compare(frames: UInt8, paths: list[Path], given: argparse.Namespace, folder: Path) -> None:
    weights = engine_weights.write(folder)
    np.save(folder / "frames.npy", frames)
    found = track(as_clip(frames), Faces())[0]
    chosen = list(np.linspace(found.start, found.stop - 1, given.upstream_frames).astype(int))
    theirs, per_frame = upstream_restores(frames, chosen, found, folder / weights.file)
    exact = engine_ours.run(folder, weights, folder / "frames.npy", folder / "exact.npy", "torch")
    exact_faces = np.load(folder / "exact.npy")[[i - found.start for i in chosen]]
    fast, fast_faces = exact, exact_faces
    if given.engine != "torch":
        fast = engine_ours.run(folder, weights, folder / "frames.npy", folder / "fast.npy", given.engine)
        fast_faces = np.load(folder / "fast.npy")[[i - found.start for i in chosen]]
    tell(per_frame, exact, fast, len(found.landmarks), len(frames))
    figures = summary(per_frame, fast, len(found.landmarks), len(frames), theirs, exact_faces, fast_faces)
    told = {}
    for background in dict.fromkeys((Settings().background, "classic")):
        options = {"frames": given.frames, "engine": given.engine, "background": background}
        keyed = engine_keyframes.run(folder, weights, paths, **options)
        tell_keyframes(keyed, per_frame, background)
        told[background] = keyframe_summary(keyed, per_frame, fast)
    print(json.dumps({**figures, **told[Settings().background], "classic": told["classic"]}))


def upstream_restores(
    frames: UInt8, chosen: list[int], found: FaceTrack, weights: Path
) -> tuple[UInt8, dict[str, float]]:
    """Upstream's faces (N, 512, 512, 3) of the chosen frames, and its seconds a frame by part, once it is warm."""
    upstream = Upstream(weights)
    upstream.enhance(frames[chosen[0]], [found.landmarks[chosen[0] - found.start]])
    upstream.seconds.clear()
    theirs = np.stack([upstream.enhance(frames[i], [found.landmarks[i - found.start]])[0] for i in chosen])
    per_frame = {part: seconds / len(chosen) for part, seconds in upstream.seconds.items()}
    upstream.seconds.clear()
    for i in chosen:
        upstream.enhance(frames[i], [found.landmarks[i - found.start]] * 2)
    for clock in CLOCKS:
        per_frame[f"{clock}, one face more"] = upstream.seconds[clock] / len(chosen) - per_frame[clock]
    return theirs, per_frame


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
        print(f", peak {times.peak_mb} MB")


def as_many_faces(upstream: dict[str, float], clip: Restored, clock: str = "all") -> float:
    """Upstream's seconds for the frames of a clip, which have more faces than one, or fewer."""
    return clip.frames * (upstream[clock] + (clip.faces - 1) * upstream[f"{clock}, one face more"])


def tell_keyframes(clips: list[Restored], upstream: dict[str, float], of_background: str) -> None:
    """A table in Markdown: what was restored of each clip, seconds a frame by part, and the ratio."""
    print(f"\nbackground: {of_background}")
    parts = ("network", "temporal", "background", "detect", "paste", "all")
    print(f"\n| clip | px | frames | faces | keyframes a frame | {' | '.join(parts)} | × upstream | peak MB |")
    print("|---" * (len(parts) + 7) + "|")
    for clip in clips:
        seconds = " | ".join(f"{clip.seconds.get(part, 0) / clip.frames:.3f}" for part in parts)
        ratio = as_many_faces(upstream, clip) / clip.seconds["all"]
        about = f"{clip.name} | {clip.width}×{clip.height} | {clip.frames} | {clip.faces:.1f}"
        print(f"| {about} | {clip.keyframes / clip.frames:.2f} | {seconds} | {ratio:.1f} | {clip.peak_mb} |")


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
    every = around + ours.restore / faces
    error = float(np.mean((fast_faces.astype(float) - theirs) ** 2))
    return {
        "ratio_every_frame": round(upstream["all"] / every, 2),
        "seconds_upstream": round(upstream["all"], 3),
        "seconds_ours": round(every, 3),
        "ratio_processor_seconds": round(upstream["processor"] / (ours.processor / frames), 2),
        "parity_max_255": int(np.abs(exact_faces.astype(int) - theirs).max()),
        "psnr_fast_db": round(10 * log10(255**2 / max(error, 1e-4)), 2),
    }


def keyframe_summary(clips: list[Restored], upstream: dict[str, float], ours: Times) -> dict[str, float]:
    """Over all frames of all clips."""
    frames, seconds = sum(clip.frames for clip in clips), sum(clip.seconds["all"] for clip in clips)
    theirs, theirs_processor = (sum(as_many_faces(upstream, clip, clock) for clip in clips) for clock in CLOCKS)
    return {
        "ratio_keyframes": round(theirs / seconds, 2),
        "ratio_keyframes_processor_seconds": round(theirs_processor / sum(c.seconds["processor"] for c in clips), 2),
        "ratio_keyframes_one_face": round(upstream["all"] * frames / seconds, 2),
        "keyframe_share": round(sum(clip.keyframes for clip in clips) / frames, 3),
        "seconds_ours_keyframes": round(seconds / frames, 3),
        "peak_mb": max(ours.peak_mb, *(clip.peak_mb for clip in clips)),
    }


if __name__ == "__main__":
    torch.set_num_threads(threads())
    main()
