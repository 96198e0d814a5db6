"""What people do today: ffmpeg to PNG, a network frame by frame, gifski; each way in a process of its own.

`python -m benchmarks.product.rivals` reads its job from the standard input and prints an outcome a clip, as JSON.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from benchmarks import gif_peers, memory
from benchmarks.product import clips
from benchmarks.product.clips import Source
from benchmarks.product.enlargers import Enlarge, load
from benchmarks.product.outcome import Cost, Outcome
from pipeline.networks.hardware import threads

QUALITY = 90  # gifski's own default
PARTS = {"background": "background", "detect": "detect", "restore": "network", "mask": "mask"}  # upstream's, and ours


def run(way: str, sources: list[Source], models: Path, frames: int, into: Path) -> Iterator[Outcome]:
    """Start the process; it restores `frames` of each clip, evenly spaced. Nothing comes where the way can't be had."""
    into.mkdir()
    job: dict[str, object] = {
        "way": way,
        "clips": clips.to_json(sources),
        "models": str(models),
        "frames": frames,
        "into": str(into),
    }
    job["begin"] = time.perf_counter()  # one clock for all processes
    command = [sys.executable, "-m", "benchmarks.product.rivals"]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    for line in done.stdout.splitlines():
        if line.startswith('{"way"'):
            yield Outcome(**json.loads(line))


def main() -> None:
    job = json.load(sys.stdin)
    cv2.setNumThreads(threads())
    torch.set_num_threads(threads())
    sources = clips.from_json(job["clips"])
    network = load(job["way"], Path(job["models"]))
    if network is None:
        return
    enlarge, parts = network
    enlarge(np.full((sources[0].height, sources[0].width, 3), 128, np.uint8), sources[0].faces[0])
    start_s = round(time.perf_counter() - job["begin"], 2)
    for source in sources:
        parts.clear()
        with tempfile.TemporaryDirectory(dir=job["into"]) as name:
            outcome = measured(job["way"], source, enlarge, parts, job["frames"], Path(name), start_s)
        print(json.dumps(asdict(outcome)), flush=True)


def measured(
    way: str, source: Source, enlarge: Enlarge, parts: dict[str, float], most: int, folder: Path, start_s: float
) -> Outcome:
    """Take one clip from file to file, stage by stage."""
    programs = memory.Programs()
    memory.restart_peak()
    decode = cost(source.frames, lambda: decode_to_png(source, folder, programs))
    chosen = np.unique(np.linspace(0, source.frames - 1, max(2, most)).astype(int))  # gifski wants two
    restore = cost(len(chosen), lambda: restore_pngs(source, chosen.tolist(), enlarge, folder))
    encode = cost(len(chosen), lambda: encode_pngs(source, folder, programs))
    stages = {"decode": decode.per_frame(), "restore": restore.per_frame(), "encode": encode.per_frame()}
    return Outcome(
        way=way,
        clip=source.name,
        frames=source.frames,
        restored=len(chosen),
        seconds={stage: taken.seconds for stage, taken in stages.items()},
        processor_s=sum(taken.processor_s for taken in stages.values()),
        peak_mb=max(memory.peak_mb(), programs.peak_mb),
        written_mb=sum(taken.written for taken in stages.values()) / 2**20,
        out_kb=(folder / "out.gif").stat().st_size / len(chosen) / 1024,
        start_s=start_s,
        parts={name: parts[part] / len(chosen) for part, name in PARTS.items() if part in parts},
    )


def cost(frames: int, work: Callable[[], Any]) -> Cost:
    """Do the work on so many frames, and tell what it took, children included."""
    written = memory.written_bytes()
    seconds, processor_s = gif_peers.timed(work)
    return Cost(frames, seconds, processor_s, memory.written_bytes() - written)


def decode_to_png(source: Source, folder: Path, programs: memory.Programs) -> None:
    """Every frame of the file once, whatever its delay."""
    into = str(folder / "in%05d.png")
    programs.run(gif_peers.ffmpeg(), "-v", "error", "-i", source.path, "-fps_mode", "passthrough", into)


def restore_pngs(source: Source, chosen: list[int], enlarge: Enlarge, folder: Path) -> None:
    """Read, enlarge and write the chosen frames, one after another."""
    for i in chosen:
        bgr = np.asarray(cv2.imread(str(folder / f"in{i + 1:05d}.png")), np.uint8)
        large = enlarge(np.ascontiguousarray(bgr[..., ::-1]), source.faces[i])
        cv2.imwrite(str(folder / f"out{i:05d}.png"), large[..., ::-1])


def encode_pngs(source: Source, folder: Path, programs: memory.Programs) -> None:
    """Make a GIF of them at their full size, which gifski would lessen where it is large."""
    size = ("--width", str(source.width * 2), "--height", str(source.height * 2))
    options = ("-q", "--fps", str(source.fps), "-Q", str(QUALITY), *size, "-o", str(folder / "out.gif"))
    programs.run(str(gif_peers.GIFSKI), *options, *map(str, sorted(folder.glob("out*.png"))))


if __name__ == "__main__":
    main()
