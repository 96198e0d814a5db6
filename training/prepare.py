"""Draws, damages and aligns training clips once, into a file each, so that training is bound by arithmetic."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.measuring import measure
from pipeline.networks.compact.inputs import KNOWN, colours, condition, shown, temporal_sigma
from training import motion, sources
from training.damage import damage

FRAMES = 7  # drawn
KEPT = 3  # of them, at random: the first has no past, the last no future, and their mean is of fewer frames
GROUP = 8  # clips drawn from the same few pictures: decoding a wallpaper costs more than drawing a clip from it
WIDTH, HEIGHT = 192, 128  # px of the damaged clips
STORED = np.dtype(
    [
        ("truth", np.uint8, (KEPT, 2 * HEIGHT, 2 * WIDTH, 3)),
        ("mean", np.uint8, (KEPT, 2 * HEIGHT, 2 * WIDTH, 3)),
        ("frame", np.uint8, (KEPT, HEIGHT, WIDTH, 3)),
        ("frames", np.uint8, (KEPT, HEIGHT, WIDTH)),
        ("told", np.float32, (KEPT, KNOWN)),
    ]
)


def prepare(cache: Path, folder: Path, clips: int, seed: int, workers: int = 2) -> None:
    """Write `clips` clips of STORED to `folder`; goes on where it was stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    group = partial(_group, sources.pictures(cache), folder, clips, seed)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        list(pool.map(group, range(-(-clips // GROUP))))


def _group(paths: list[Path], folder: Path, clips: int, seed: int, group: int) -> None:
    cv2.setNumThreads(1)
    wanted = [folder / f"{i:06}.npy" for i in range(group * GROUP, min(clips, (group + 1) * GROUP))]
    if all(path.exists() for path in wanted):
        return
    rng = np.random.default_rng((seed, group))
    held = _pictures(paths, rng)
    for path in wanted:
        stored = _clip(held, rng)
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.save(file, stored)
        unfinished.replace(path)


def _pictures(paths: list[Path], rng: np.random.Generator) -> list[UInt8]:
    held: list[UInt8] = []
    while len(held) < 4:
        picture = sources.load(paths[int(rng.integers(len(paths)))])
        if picture is not None:
            held.append(picture)
    return held


def _clip(held: list[UInt8], rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.void]]:
    below, over = rng.choice(len(held), 2, replace=False)
    truth = motion.clip(held[below], held[over], FRAMES, (2 * WIDTH, 2 * HEIGHT), rng)
    damaged = damage(truth, rng)
    told = measure(Clip(damaged, None, np.full(FRAMES, 40, np.int32)))
    seen = list(shown(damaged, temporal_sigma(told)))
    kept = sorted(rng.choice(FRAMES, KEPT, replace=False))
    stored = np.zeros(1, STORED)
    for k, t in enumerate(kept):
        stored["truth"][0, k], stored["mean"][0, k] = truth[t], seen[t].mean
        stored["frame"][0, k], stored["frames"][0, k] = damaged[t], seen[t].frames
        stored["told"][0, k] = condition(told, colours(damaged[t]))
    return stored
