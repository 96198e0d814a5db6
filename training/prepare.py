"""Draws, damages and aligns training clips once, into uint8 arrays on disk, so that training is bound by arithmetic."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.clip import UInt8
from pipeline.restore.compact_inputs import colours, shown
from training import motion, sources
from training.damage import damage

FRAMES = 5
SMALL = (192, 128)  # px (width, height) of the damaged clips
_WIDTH, _HEIGHT = SMALL
SHAPES: dict[str, tuple[tuple[int, ...], type]] = {
    "truth": ((FRAMES, 2 * _HEIGHT, 2 * _WIDTH, 3), np.uint8),
    "frame": ((FRAMES, _HEIGHT, _WIDTH, 3), np.uint8),
    "before": ((FRAMES, _HEIGHT, _WIDTH, 3), np.uint8),
    "after": ((FRAMES, _HEIGHT, _WIDTH, 3), np.uint8),
    "back": ((FRAMES, _HEIGHT, _WIDTH, 2), np.float16),
    "told": ((3,), np.float32),  # noise sigma, blur sigma, colours of the first frame
}


def prepare(cache: Path, folder: Path, clips: int, seed: int) -> None:
    """Write `clips` clips to `folder`, each array of `SHAPES` in a file of its own; goes on where it was stopped."""
    cv2.setNumThreads(1)
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {name: _open(folder / f"{name}.npy", (clips, *shape), kind) for name, (shape, kind) in SHAPES.items()}
    paths, done = sources.pictures(cache), count(folder)
    held: list[UInt8] = []
    for i in range(done, clips):
        rng = np.random.default_rng((seed, i))
        if i % 8 == done % 8:  # decoding a wallpaper costs more than drawing a clip from it
            held = _pictures(paths, rng)
        _write(arrays, i, held, rng)
        _counted(folder, i + 1)


def count(folder: Path) -> int:
    """How many clips of `folder` are complete."""
    counted = folder / "count"
    return int(counted.read_text()) if counted.exists() else 0


def _counted(folder: Path, clips: int) -> None:
    """Written aside and renamed: a preparation killed here once left an empty count."""
    aside = folder / "count.part"
    aside.write_text(str(clips))
    aside.replace(folder / "count")


def _pictures(paths: list[Path], rng: np.random.Generator) -> list[UInt8]:
    held: list[UInt8] = []
    while len(held) < 4:
        picture = sources.load(paths[int(rng.integers(len(paths)))])
        if picture is not None:
            held.append(picture)
    return held


def _write(arrays: dict[str, NDArray[np.generic]], i: int, held: list[UInt8], rng: np.random.Generator) -> None:
    below, over = rng.choice(len(held), 2, replace=False)
    truth = motion.clip(held[below], held[over], FRAMES, (2 * _WIDTH, 2 * _HEIGHT), rng)
    damaged = damage(truth, rng)
    arrays["truth"][i] = truth
    arrays["told"][i] = damaged.noise_sigma, damaged.blur_sigma, colours(damaged.frames[0])
    for t in range(FRAMES):
        seen = shown(damaged.frames, t, damaged.noise_sigma)
        arrays["frame"][i, t], arrays["before"][i, t], arrays["after"][i, t] = seen.frame, seen.before, seen.after
        if seen.back is not None:
            arrays["back"][i, t] = seen.back


def _open(path: Path, shape: tuple[int, ...], kind: type) -> NDArray[np.generic]:
    mode = "r+" if path.exists() else "w+"
    return np.lib.format.open_memmap(path, mode, kind, shape)
