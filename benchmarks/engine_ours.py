"""Our engine on the same frames, each part timed; as a process of its own, so that its peak memory is its own."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks import memory
from pipeline.arrays import Float64, UInt8
from pipeline.clips.clip import Clip
from pipeline.faces import FaceTrack, align, track
from pipeline.faces.paste import paste
from pipeline.networks.gfpgan.build import build
from pipeline.networks.hardware import threads
from pipeline.networks.loaded import Loaded
from pipeline.networks.weights.registry import Weights
from pipeline.settings import Faces, Models, Settings

SCALE = 2


@dataclass
class Times:
    """Seconds for the whole clip by part, and what it came to."""

    detect: float = 0.0
    align: float = 0.0
    restore: float = 0.0
    paste: float = 0.0
    processor: float = 0.0
    start: float = 0.0
    engine: str = ""
    dtype: str = ""
    batch: int = 0
    peak_mb: int = 0


def run(folder: Path, weights: Weights, frames: Path, faces: Path, engine: str) -> Times:
    """Start the process on saved frames and landmarks; it writes its restored faces to `faces`."""
    job = {"folder": str(folder), "weights": asdict(weights), "frames": str(frames), "faces": str(faces)}
    command = [sys.executable, "-m", "benchmarks.engine_ours"]
    done = subprocess.run(
        command, input=json.dumps({**job, "engine": engine}), stdout=subprocess.PIPE, text=True, check=True
    )
    return Times(**json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    job = json.load(sys.stdin)
    cv2.setNumThreads(threads())
    frames: UInt8 = np.load(job["frames"])
    clip = Clip(frames, None, np.full(len(frames), 40, np.int32))
    times = Times()
    started = time.perf_counter()
    settings = Settings(restorer="gfpgan", engine=job["engine"], models=Models(folder=Path(job["folder"])))
    loaded = build(Weights(**job["weights"]), settings)
    times.start = time.perf_counter() - started
    times.engine, times.dtype, times.batch = loaded.engine, loaded.dtype, loaded.batch
    np.save(job["faces"], measure(clip, loaded, times))
    times.peak_mb = memory.peak_mb()
    print(json.dumps(asdict(times)))


def measure(clip: Clip, loaded: Loaded, times: Times) -> UInt8:
    assert loaded.restorer is not None
    started = time.perf_counter()
    busy = time.process_time()
    found = track(clip, Faces())[0]
    times.detect = lap(started)
    started = time.perf_counter()
    matrices = [align.matrix(points) for points in found.landmarks]
    crops = np.stack([align.crop(clip.frames[found.start + i], m) for i, m in enumerate(matrices)])
    times.align = lap(started)
    busy_before = time.process_time() - busy
    loaded.restorer.restore(crops[:1])
    busy = time.process_time()
    started = time.perf_counter()
    restored = loaded.restorer.restore(crops)
    times.restore = lap(started)
    started = time.perf_counter()
    paste_all(clip, found, matrices, crops, restored)
    times.paste = lap(started)
    times.processor = busy_before + time.process_time() - busy
    return restored


def paste_all(clip: Clip, found: FaceTrack, matrices: list[Float64], crops: UInt8, restored: UInt8) -> None:
    for i, matrix in enumerate(matrices):
        rgb = clip.frames[found.start + i]
        size = (rgb.shape[1] * SCALE, rgb.shape[0] * SCALE)
        paste(cv2.resize(rgb, size, interpolation=cv2.INTER_LANCZOS4), restored[i], crops[i], matrix, SCALE)


def lap(started: float) -> float:
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
