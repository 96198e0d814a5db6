"""Our GIF writer beside others, and at the size of gifski's quality 90."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks.gif_peers import WRITERS
from benchmarks.gif_scores import Scores, score
from pipeline.errors import PipelineError
from pipeline.media import gif
from pipeline.settings import Limits

_LIMITS = Limits(max_total_megapixels=1e5)
_FINEST, _COARSEST = 0, 120


class Row(NamedTuple):
    """One writer's GIF of one clip."""

    name: str
    scores: Scores
    bytes: int
    seconds: float
    cpu_seconds: float
    memory_mb: float

    def line(self) -> str:
        """The row of the table."""
        s = self.scores
        cells = [f"{s.psnr_db:.2f}", f"{s.ssim:.4f}", f"{s.td_mse:.2f}", f"{s.flicker:.2f}", f"{self.bytes / 1000:.0f}"]
        cells += [f"{self.seconds:.1f}", f"{self.cpu_seconds:.1f}", f"{self.memory_mb:.0f}"]
        return f"| {self.name} | {' | '.join(cells)} |"


HEAD = (
    "| writer | PSNR dB | SSIM | TD-MSE | flicker | KB | seconds | CPU s | MB |\n|---|---|---|---|---|---|---|---|---|"
)


def compare(frames: Any, folder: Path) -> dict[str, Row]:
    """Every writer on one clip, each told as it ends; those that could not be had or failed are left out, and told."""
    np.save(folder / "frames.npy", frames)
    rows: dict[str, Row] = {}

    def add(key: str, row: Row | None) -> None:
        if row:
            rows[key] = row
            print(row.line(), flush=True)

    for name in WRITERS:
        add(name, run(name, name, frames, folder))
        if name == "gifski Q90" and name in rows:
            add("equal", at_size(rows[name].bytes, frames, folder))
        if name == "gifrestored":
            add("unlimited", run(name, "gifrestored, quality 100, hold 0", frames, folder, quality=100, hold=0))
    return rows


def run(writer: str, name: str, frames: Any, folder: Path, **options: float) -> Row | None:
    """One writer in a process of its own; `folder` holds frames.npy."""
    out = folder / "out.gif"
    out.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.gif_peers", writer, str(folder / "frames.npy"), str(out)]
    environment = {**os.environ, "GIF_OPTIONS": json.dumps(options)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    told = json.loads(done.stdout.splitlines()[-1])
    try:
        shown = _as_timed(gif.read(out, _LIMITS), len(frames))
    except PipelineError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None
    return Row(name, score(frames, shown), out.stat().st_size, **told)


def _as_timed(clip: Any, count: int) -> Any:
    """The frames on screen at each frame's moment: writers that merge equal frames still show them."""
    if len(clip) == count:
        return clip.frames
    ends = np.cumsum(clip.durations_ms)
    moments = (np.arange(count) + 0.5) * ends[-1] / count
    return clip.frames[np.searchsorted(ends, moments)]


def at_size(room: int, frames: Any, folder: Path) -> Row:
    """Ours at no more than `room` bytes: the least hold that gets there, its half as slack of quality."""
    low, high = _FINEST, _COARSEST
    best: Row | None = None
    while low < high:
        hold = (low + high) // 2
        quality = round(100 - hold / 2 / 1.2)
        row = run(
            "gifrestored", f"gifrestored, quality {quality}, hold {hold}", frames, folder, quality=quality, hold=hold
        )
        assert row is not None
        if row.bytes <= room:
            best, high = row, hold
        else:
            low = hold + 1
    assert best is not None
    return best


def workplace() -> Any:
    return tempfile.TemporaryDirectory(prefix="gifrestored-bench-")
