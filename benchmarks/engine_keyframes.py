"""Whole clips as the product restores them, keyframes chosen by its own scheduler; a process of its own.

Each keyframe costs a pass of the real network, whose picture, noise, is thrown away for a sharpened face.
"""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks import memory
from benchmarks.meter import Meter, Sharpened
from pipeline.arrays import UInt8
from pipeline.clips.window import Window
from pipeline.clips.windows import even_length, restore_windows, window_length
from pipeline.cutting.sampling import sample
from pipeline.cutting.sections import Section, sections
from pipeline.measuring import measure
from pipeline.networks.gfpgan.build import build
from pipeline.networks.hardware import threads
from pipeline.networks.weights.registry import Weights
from pipeline.restoring.backgrounds import background
from pipeline.restoring.clip_restoration import ClipRestoration
from pipeline.restoring.detectors import detector, masker
from pipeline.restoring.estimators import estimator
from pipeline.restoring.tools import Tools
from pipeline.settings import Models, Settings


@dataclass
class Restored:
    """What a clip took: `seconds` by part, `keyframes` restored, `faces` in a frame on the mean, its own peak."""

    name: str
    width: int
    height: int
    frames: int
    keyframes: int
    faces: float
    seconds: dict[str, float]
    peak_mb: int


def run(folder: Path, weights: Weights, clips: list[Path], **options: str | int) -> list[Restored]:
    """Start the process on GIFs and videos; `options` are the `engine`, the `background`, the most `frames` of each."""
    job = {"folder": str(folder), "weights": asdict(weights), "clips": [str(path) for path in clips], **options}
    command = [sys.executable, "-m", "benchmarks.engine_keyframes"]
    done = subprocess.run(command, input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    return [Restored(**json.loads(line)) for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> None:
    job = json.load(sys.stdin)
    cv2.setNumThreads(threads())
    settings = Settings(
        restorer="gfpgan", engine=job["engine"], background=job["background"], models=Models(folder=Path(job["folder"]))
    )
    loaded = build(Weights(**job["weights"]), settings)
    assert loaded.restorer is not None
    loaded.restorer.restore(np.zeros((1, 512, 512, 3), np.uint8))
    meter = Meter()
    kept = replace(loaded, restorer=Sharpened(loaded.restorer, meter))
    enlarge = meter.on("background", background(settings, kept))
    ready = Tools(kept, detector(settings), masker(settings), enlarge, estimator(settings, "cpu"))
    meter.attach()
    for path in map(Path, job["clips"]):
        meter.restart()
        memory.restart_peak()
        section = sections(path, path.stem, settings)[0]
        print(json.dumps(asdict(restored(section, ready, settings, job["frames"], meter))), flush=True)


def restored(section: Section, ready: Tools, settings: Settings, most: int, meter: Meter) -> Restored:
    """Restore the first frames of a section from decoded frames to enhanced ones; nothing is written."""
    first, whole = next(iter(section.frames())).rgb, section.count <= most
    work = ClipRestoration(measure(sample(section)), ready, settings)
    longest = window_length(section.width * settings.upscale, section.height * settings.upscale)
    length = even_length(longest, min(most, section.count))
    started, busy = time.perf_counter(), time.process_time()
    worked_on = 0

    def restore(window: Window) -> UInt8:
        nonlocal worked_on
        worked_on += len(window)
        return work.restore_window(window)

    frames, loop = islice(section.frames(), most), section.loop if whole else None
    count = sum(1 for _ in restore_windows(frames, length, restore, loop))
    seconds = meter.parts() | {"all": time.perf_counter() - started, "processor": time.process_time() - busy}
    height, width = first.shape[:2]
    faces = meter.calls["paste"] / worked_on
    return Restored(section.name, width, height, count, work.faces.restored_frames, faces, seconds, memory.peak_mb())


if __name__ == "__main__":
    main()
