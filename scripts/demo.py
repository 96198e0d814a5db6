"""`make demo`: damage a short clip of a face, drop it, let the daemon restore it, and show it before and after.

The face is scikit-image's astronaut portrait, a NASA photograph in the public domain. All files lie under demo/.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import cv2
import imageio.v3 as imageio
import numpy as np
from rich.console import Console
from rich.table import Table
from skimage import data

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.media import gif
from training.degrade import GaussianBlur, GaussianNoise, degrade

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "demo"
DATA = DEMO / "dataset"
FRAMES, SIDE, FACE = 24, 256, (222, 122)
COLUMNS = (
    "category", "frames", "faces", "restorer", "reference", "psnr_db", "ssim", "tmse_input", "tmse_output",
    "sharpness_input", "sharpness_output", "seconds", "output_path", "fallback",
)  # fmt: skip


def astronaut() -> Clip:
    """The portrait swaying once: (24, 256, 256, 3) uint8 sRGB, 80 ms a frame, played for ever."""
    frames = [_turned(data.astronaut(), 2 * np.pi * i / FRAMES) for i in range(FRAMES)]
    return Clip(np.stack(frames), None, np.full(FRAMES, 80, np.int32), loop=0)


def _turned(portrait: UInt8, phase: float) -> UInt8:
    matrix = cv2.getRotationMatrix2D(FACE, 5 * np.sin(phase), 1.1 + 0.05 * np.cos(phase))
    matrix[:, 2] += SIDE / 2 - np.array(FACE) + (8 * np.cos(phase), 4 * np.sin(2 * phase))
    return cv2.warpAffine(portrait, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)


def drop(clean: Clip) -> None:
    """Drop the damaged clip, and put the undamaged one where the daemon looks for references to score against."""
    shutil.rmtree(DEMO, ignore_errors=True)
    (DATA / "gifs").mkdir(parents=True)
    (DATA / "reference").mkdir()
    gif.write(clean, DATA / "reference" / "astronaut.gif")
    damaged = degrade(clean, [GaussianBlur(1.5), GaussianNoise(8.0)], seed=1)
    gif.write(damaged, DATA / "gifs" / "astronaut.gif")


def restore() -> None:
    """Run the daemon until it is idle; exit with its code where it failed: its log says why."""
    command = [sys.executable, "-m", "daemon", "run", "--once", "--data-root", str(DATA)]
    if code := subprocess.run(command, check=False, cwd=ROOT).returncode:
        sys.exit(code)


def row() -> sqlite3.Row:
    """The clip's row in the catalogue."""
    db = sqlite3.connect(f"{(DATA / 'catalogue.sqlite3').as_uri()}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    latest: sqlite3.Row = db.execute("SELECT * FROM latest").fetchone()
    db.close()
    return latest


def show(clip: sqlite3.Row) -> None:
    """Print the row as a table."""
    table = Table(title="the clip's row in demo/dataset/catalogue.sqlite3", show_header=False)
    table.add_column()
    table.add_column(overflow="fold")
    for name in COLUMNS:
        if clip[name] is not None:
            table.add_row(name, f"{clip[name]:.4g}" if isinstance(clip[name], float) else str(clip[name]))
    Console().print(table)


def picture(clean: Clip, clip: sqlite3.Row) -> Path:
    """Write the middle frame as dropped, as restored and as it was before the damage, side by side."""
    before = gif.read(next((DATA / "gifs").rglob("astronaut.gif"))).frames
    after = gif.read(DATA / clip["output_path"]).frames
    clips = {"dropped": before, "restored": after, "undamaged": clean.frames}
    panels = [_panel(title, frames[FRAMES // 2], 2 * SIDE) for title, frames in clips.items()]
    path = DEMO / "before-after.png"
    imageio.imwrite(path, np.hstack(panels))
    return path


def _panel(title: str, frame: UInt8, side: int) -> UInt8:
    """The frame enlarged without smoothing, under a strip with its title."""
    strip = np.full((40, side, 3), 255, np.uint8)
    cv2.putText(strip, title, (12, 28), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([strip, cv2.resize(frame, (side, side), interpolation=cv2.INTER_NEAREST)])


def main() -> None:
    """Run the demo from the drop to the picture."""
    clean = astronaut()
    drop(clean)
    restore()
    clip = row()
    show(clip)
    print(f"before and after: {os.path.relpath(picture(clean, clip))}")
    print(f"the result:       {os.path.relpath(DATA / clip['output_path'])}")


if __name__ == "__main__":
    main()
