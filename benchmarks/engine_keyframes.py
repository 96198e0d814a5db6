"""Whole clips as the product restores them, keyframes chosen by its own scheduler; a process of its own.

Random weights restore a face to noise, and the scheduler looks at what a restoration adds. So each keyframe costs a
pass of the real network, whose picture is thrown away for a sharpened face: time of the one, content of the other.
"""

import json
import resource
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pipeline import restoration
from pipeline.backgrounds import background
from pipeline.categorise import measure
from pipeline.clip import Clip, UInt8
from pipeline.faces.detectors import detector, masker
from pipeline.restoration import Restoration
from pipeline.restore.choice import threads
from pipeline.restore.gfpgan import build
from pipeline.restore.restorer import Restorer
from pipeline.restore.weights import Weights
from pipeline.sections import Section, sample, sections
from pipeline.settings import Models, Settings
from pipeline.temporal.estimators import estimator
from pipeline.tools import Tools
from pipeline.windows import restore_windows, window_length


@dataclass
class Restored:
    """What a clip took: `seconds` by part; `keyframes` restored of at most `faces` faces at a time."""

    name: str
    width: int
    height: int
    frames: int
    keyframes: int
    faces: int
    seconds: dict[str, float]
    peak_mb: int


class Sharpened:
    """Passes faces through the real network for its cost, and gives them back sharpened."""

    def __init__(self, network: Restorer, seconds: dict[str, float]) -> None:
        self.network, self.seconds, self.batch = network, seconds, network.batch

    def restore(self, faces: UInt8) -> UInt8:
        """(N, 512, 512, 3) uint8 RGB to the same."""
        started = time.perf_counter()
        self.network.restore(faces)
        self.seconds["network"] += time.perf_counter() - started
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
    seconds: dict[str, float] = defaultdict(float)
    kept = replace(loaded, restorer=Sharpened(loaded.restorer, seconds))
    enlarge = partial(timed, background(settings, kept), "background", seconds)
    ready = Tools(kept, detector(settings), masker(settings), enlarge, estimator(settings, "cpu"))
    time_parts(seconds)
    for path in map(Path, job["clips"]):
        seconds.clear()
        section = sections(path, path.stem, settings)[0]
        print(json.dumps(asdict(restored(section, ready, settings, job["frames"], seconds))), flush=True)


def time_parts(seconds: dict[str, float]) -> None:
    """Let the parts that a window goes through add up their time."""
    for place, name, part in (
        (restoration, "track", "detect"),
        (restoration.keyframes, "restore_keyframes", "temporal"),
        (restoration.paste, "paste", "paste"),
    ):
        setattr(place, name, partial(timed, getattr(place, name), part, seconds))


def timed(function: Callable[..., Any], part: str, seconds: dict[str, float], *arguments: Any, **named: Any) -> Any:
    started = time.perf_counter()
    try:
        return function(*arguments, **named)
    finally:
        seconds[part] += time.perf_counter() - started


def restored(section: Section, ready: Tools, settings: Settings, most: int, seconds: dict[str, float]) -> Restored:
    """Restore the first frames of a section from decoded frames to enhanced ones; nothing is written."""
    first, whole = next(iter(section.frames())).rgb, section.count <= most
    work = Restoration(measure(sample(section)), ready, settings)
    length = window_length(section.width * settings.upscale, section.height * settings.upscale)
    started, busy = time.perf_counter(), time.process_time()
    windows = restore_windows(
        islice(section.frames(), most),
        length,
        lambda held: work.window(Clip.of(held, section.loop if whole and len(held) == section.count else None)),
    )
    count = sum(1 for _ in windows)
    seconds["all"], seconds["processor"] = time.perf_counter() - started, time.process_time() - busy
    seconds["temporal"] -= seconds["network"]
    height, width = first.shape[:2]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Restored(section.name, width, height, count, work.restored_frames, work.faces, dict(seconds), peak)


if __name__ == "__main__":
    main()
