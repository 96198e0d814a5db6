"""How much `compact` gains over bicubic, Lanczos, non-local means and `classic`: `python -m benchmarks.embedded`.

Clips that it never trained on are halved by area average, damaged in four ways, restored at ×2 and compared with the
truth. `--clips DIR` takes the videos under DIR instead of synthetic motion over scikit-image's portrait, cup and
cameraman. `seconds` is per frame, flow included. The last line is one JSON object.
"""

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from benchmarks.embedded_peers import Method, peers
from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.measuring import measure
from pipeline.networks import classic
from pipeline.networks.compact.engines import Engine
from pipeline.networks.compact.upscaler import Upscaler
from pipeline.report import Measurement
from pipeline.scoring.scores import evaluate
from pipeline.steadiness.loss import warping_error
from training import motion
from training.damage import quantise, shrink
from training.degrade import GaussianBlur, GaussianNoise

FRAMES = 8
SIDE = 384  # px of the truth


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one damage of one clip; `tmse` × 1e5 is the output's, with flow from the truth."""

    clip: str
    damage: str
    method: str
    psnr_db: float
    ssim: float
    tmse: float
    seconds: float


def damages(small: UInt8) -> dict[str, UInt8]:
    """The mixture: (T, h, w, 3) uint8 damaged in four ways."""
    rng = np.random.default_rng(5)
    noisy = np.stack([GaussianNoise(8)(frame, rng) for frame in small])
    blurred = np.stack([GaussianBlur(1.5)(frame, rng) for frame in small])
    return {
        "256 colours": quantise(small, 256),
        "64 diffused": quantise(small, 64, diffuse=True),
        "noise 8, 128 colours": quantise(noisy, 128),
        "blur 1.5, 64 colours": quantise(blurred, 64),
    }


def methods(engine: Engine) -> dict[str, Method]:
    """Every method, from damaged frames and their measurement to frames of twice the size."""
    upscaler = Upscaler(engine, threads=2)
    return {
        "bicubic": lambda frames, _: resized(frames, cv2.INTER_CUBIC),
        "lanczos": lambda frames, _: resized(frames, cv2.INTER_LANCZOS4),
        "nlm": lambda frames, measured: resized(np.stack([nlm(f, measured) for f in frames]), cv2.INTER_LANCZOS4),
        "classic": lambda frames, measured: classic.upscale(classic.clean(frames, measured), 2),
        "compact": lambda frames, measured: upscaler.restore(frames, measured, 2),
    }


def resized(frames: UInt8, interpolation: int) -> UInt8:
    return np.stack([cv2.resize(frame, None, fx=2, fy=2, interpolation=interpolation) for frame in frames])


def nlm(frame: UInt8, told: Measurement) -> UInt8:
    strength = max(3.0, told.noise_sigma_8bit or 0.0, told.dither or 0.0)
    return np.asarray(cv2.fastNlMeansDenoisingColored(frame, None, strength, strength, 7, 21), np.uint8)


def synthetic() -> Iterator[tuple[str, UInt8]]:
    import skimage.data

    for name in ("astronaut", "coffee", "camera"):
        picture = np.asarray(getattr(skimage.data, name)(), np.uint8)
        rgb = picture if picture.ndim == 3 else np.dstack([picture] * 3)
        course = motion.Course((0.8, 0.45), 0.2, 1.003, 0.0)
        yield name, motion.move_view(rgb, FRAMES, (SIDE, SIDE), course, np.random.default_rng(3))


def videos(folder: Path) -> Iterator[tuple[str, UInt8]]:
    for path in sorted(folder.rglob("*.mp4")):
        capture = cv2.VideoCapture(str(path))
        frames: list[UInt8] = []
        while len(frames) < FRAMES and (read := capture.read())[0]:
            frames.append(np.asarray(cv2.cvtColor(read[1], cv2.COLOR_BGR2RGB), np.uint8))
        height, width = (min(SIDE, side) // 4 * 4 for side in frames[0].shape[:2])
        top, left = ((side - cut) // 2 for side, cut in zip(frames[0].shape[:2], (height, width), strict=True))
        yield path.stem, np.stack(frames)[:, top : top + height, left : left + width]


def rows(name: str, truth: UInt8, tried: dict[str, Method]) -> Iterator[Row]:
    reference = clip_of(truth)
    for damage, frames in damages(shrink(truth)).items():
        told = measure(clip_of(frames))
        for method, restore in tried.items():
            restore(frames[:1], told)  # compiled before it is timed
            started = time.perf_counter()
            output = restore(frames, told)
            seconds = (time.perf_counter() - started) / len(frames)
            scores = evaluate(reference, clip_of(frames), clip_of(output), "truth")
            tmse = (warping_error(truth, output) or 0.0) * 1e5
            yield Row(name, damage, method, scores.psnr_db, scores.ssim or 0.0, tmse, seconds)


def clip_of(frames: UInt8) -> Clip:
    return Clip(frames, None, np.full(len(frames), 40, np.int32))


def untouched(truth: UInt8, engine: Engine) -> float:
    """PSNR (dB, at most 80) of clean frames restored at ×1."""
    clean = shrink(truth)
    output = Upscaler(engine, threads=2).restore(clean, measure(clip_of(clean)), 1)
    error = np.square(output.astype(np.float64) - clean).mean()
    return 80.0 if error == 0 else float(10 * np.log10(255**2 / error))


def mean(found: list[Row], value: str, method: str, damage: str | None = None) -> float:
    chosen = [row for row in found if row.method == method and damage in (None, row.damage)]
    return float(np.mean([getattr(row, value) for row in chosen]))


def table(found: list[Row]) -> None:
    """Print the means over the clips, by damage."""
    print(
        "\n| damage | method | PSNR dB | over bicubic | SSIM | T-MSE ×1e5 | s a frame |\n|---|---|---|---|---|---|---|"
    )
    for kind in dict.fromkeys(row.damage for row in found):
        for name in dict.fromkeys(row.method for row in found):
            psnr, ssim, tmse, seconds = (mean(found, v, name, kind) for v in ("psnr_db", "ssim", "tmse", "seconds"))
            gain = psnr - mean(found, "psnr_db", "bicubic", kind)
            print(f"| {kind} | {name} | {psnr:.2f} | {gain:+.2f} | {ssim:.4f} | {tmse:.2f} | {seconds:.3f} |")


def summary(found: list[Row], clean_db: list[float]) -> dict[str, float]:
    kinds = list(dict.fromkeys(row.damage for row in found))
    of = {(row.clip, row.damage, row.method): row.psnr_db for row in found}
    gains = [of[clip, kind, "compact"] - of[clip, kind, "bicubic"] for clip, kind, name in of if name == "compact"]
    ssim = [
        min(mean(found, "ssim", "compact", k) - mean(found, "ssim", n, k) for n in ("bicubic", "nlm")) for k in kinds
    ]
    compact_db = mean(found, "psnr_db", "compact")
    return {
        "gain_bicubic_db": round(compact_db - mean(found, "psnr_db", "bicubic"), 3),
        "gain_nlm_db": round(compact_db - mean(found, "psnr_db", "nlm"), 3),
        "gain_classic_db": round(compact_db - mean(found, "psnr_db", "classic"), 3),
        "worst_gain_db": round(min(gains), 3),
        "worst_ssim_gain": round(min(ssim), 4),
        "clean_x1_db": round(min(clean_db), 2),
        "tmse_ratio": round(mean(found, "tmse", "compact") / mean(found, "tmse", "bicubic"), 3),
        "seconds_per_frame": round(mean(found, "seconds", "compact"), 3),
    }


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.embedded", description=__doc__)
    asked.add_argument("--clips", type=Path, help="a folder of videos never trained on")
    asked.add_argument("--engine", choices=["torch", "openvino"], default="openvino")
    asked.add_argument("--no-peers", action="store_true", help="leave the packaged networks out, which are slow")
    wanted = asked.parse_args()
    cv2.setNumThreads(2)
    torch.set_num_threads(2)
    clips = list(videos(wanted.clips) if wanted.clips else synthetic())
    tried = methods(wanted.engine) | ({} if wanted.no_peers else peers())
    found = []
    for name, truth in clips:
        for row in rows(name, truth, tried):
            print(f"{row.clip} {row.damage} {row.method}: {row.psnr_db:.2f} dB, SSIM {row.ssim:.4f}", flush=True)
            found.append(row)
    table(found)
    print(json.dumps(summary(found, [untouched(truth, wanted.engine) for _, truth in clips])))


if __name__ == "__main__":
    main()
