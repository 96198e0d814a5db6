"""Whole clips as the product restores them, keyframes chosen by its own scheduler; a process of its own.

Random weights restore a face to noise, and the scheduler looks at what a restoration adds. So each keyframe costs a
pass of the real network, whose picture is thrown away for a sharpened face: time of the one, content of the other.
"""

import json
import resource
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.window import Window
from pipeline.clips.windows import even_length, restore_windows, window_length
from pipeline.cutting.sampling import sample
from pipeline.cutting.sections import Section, sections
from pipeline.faces import paste
from pipeline.measuring import measure
from pipeline.networks.gfpgan.build import build
from pipeline.networks.hardware import threads
from pipeline.networks.restorer import Restorer
from pipeline.networks.weights.registry import Weights
from pipeline.restoring import clip_restoration
from pipeline.restoring.backgrounds import background
from pipeline.restoring.clip_restoration import ClipRestoration
from pipeline.restoring.detectors import detector, masker
from pipeline.restoring.estimators import estimator
from pipeline.restoring.tools import Tools
from pipeline.settings import Models, Settings
from pipeline.steadiness import keyframes


@dataclass
class Restored:
    """What a clip took: `seconds` by part; `keyframes` restored; `faces` in a frame, on the mean."""

    name: str
    width: int
    height: int
    frames: int
    keyframes: int
    faces: float
    seconds: dict[str, float]
    peak_mb: int


@dataclass
class Meter:
    """Seconds spent in each part, and how often it was called."""

    seconds: defaultdict[str, float] = field(default_factory=partial(defaultdict, float))
    calls: Counter[str] = field(default_factory=Counter)

    def run(self, part: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call, and count it as `part`."""
        started = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            self.seconds[part] += time.perf_counter() - started
            self.calls[part] += 1

    def on(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, counted."""
        return partial(self.run, part, function)


class Sharpened:
    """Passes faces through the real network for its cost, and gives them back sharpened."""

    def __init__(self, network: Restorer, meter: Meter) -> None:
        self.network, self.meter, self.batch = network, meter, network.batch

    def restore(self, faces: UInt8) -> UInt8:
        """(N, 512, 512, 3) uint8 RGB to the same."""
        self.meter.run("network", self.network.restore, faces)
        blurred = [cv2.GaussianBlur(face, (0, 0), 3) for face in faces]
        return np.stack([cv2.addWeighted(a, 2.2, b, -1.2, 0) for a, b in zip(faces, blurred, strict=True)])


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
    for place, name, part in (
        (clip_restoration, "track", "detect"),
        (keyframes, "restore_keyframes", "temporal"),
        (paste, "paste", "paste"),
    ):
        setattr(place, name, meter.on(part, getattr(place, name)))
    for path in map(Path, job["clips"]):
        meter.seconds.clear()
        meter.calls.clear()
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
    seconds = dict(meter.seconds) | {
        "all": time.perf_counter() - started,
        "processor": time.process_time() - busy,
        "temporal": meter.seconds["temporal"] - meter.seconds["network"],
    }
    height, width = first.shape[:2]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    faces = meter.calls["paste"] / worked_on
    return Restored(section.name, width, height, count, work.faces.restored_frames, faces, seconds, peak)


if __name__ == "__main__":
    main()
