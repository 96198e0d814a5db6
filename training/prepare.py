"""Prepares training clips: draws, damages and aligns each once and stores it, so that training does not wait for it."""

from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.measuring import measure
from pipeline.networks.compact.inputs import CONDITION_SIZE, colours, condition, frame_inputs, temporal_sigma
from pipeline.whole_files import write_whole
from training import motion, sources
from training.damage import damage

FRAMES = 7  # in a drawn clip
STORED_FRAMES = 3  # chosen at random: the first has no past, the last no future, so their means have fewer frames
GROUP = 8  # clips drawn from the same pictures, because decoding a wallpaper takes longer than drawing a clip
WIDTH, HEIGHT = 192, 128  # px of the damaged clips
STORED = np.dtype(
    [
        ("truth", np.uint8, (STORED_FRAMES, 2 * HEIGHT, 2 * WIDTH, 3)),
        ("mean", np.uint8, (STORED_FRAMES, 2 * HEIGHT, 2 * WIDTH, 3)),
        ("frame", np.uint8, (STORED_FRAMES, HEIGHT, WIDTH, 3)),
        ("frames", np.uint8, (STORED_FRAMES, HEIGHT, WIDTH)),
        ("condition", np.float32, (STORED_FRAMES, CONDITION_SIZE)),
    ]
)


def prepare(cache: Path, folder: Path, clips: int, seed: int, workers: int = 2) -> None:
    """Write so many clips of the type STORED to `folder`; a second call continues where the first stopped."""
    folder.mkdir(parents=True, exist_ok=True)
    group = partial(_group, sources.pictures(cache), folder, clips, seed)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        list(pool.map(group, range(-(-clips // GROUP))))


def _group(paths: list[Path], folder: Path, clips: int, seed: int, group: int) -> None:
    cv2.setNumThreads(1)
    files = [folder / f"{i:06}.npy" for i in range(group * GROUP, min(clips, (group + 1) * GROUP))]
    if all(path.exists() for path in files):
        return
    rng = np.random.default_rng((seed, group))
    pictures = _load_pictures(paths, rng)
    for path in files:
        with write_whole(path) as part, part.open("wb") as file:
            np.save(file, _draw_clip(pictures, rng))


def _load_pictures(paths: list[Path], rng: np.random.Generator) -> list[UInt8]:
    pictures: list[UInt8] = []
    while len(pictures) < 4:
        picture = sources.load(paths[int(rng.integers(len(paths)))])
        if picture is not None:
            pictures.append(picture)
    return pictures


def _draw_clip(pictures: list[UInt8], rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.void]]:
    below, over = rng.choice(len(pictures), 2, replace=False)
    truth = motion.clip(pictures[below], pictures[over], FRAMES, (2 * WIDTH, 2 * HEIGHT), rng)
    damaged = damage(truth, rng)
    measurement = measure(Clip(damaged, None, np.full(FRAMES, 40, np.int32)))
    given = list(frame_inputs(damaged, temporal_sigma(measurement)))
    chosen_frames = sorted(rng.choice(FRAMES, STORED_FRAMES, replace=False))
    stored = np.zeros(1, STORED)
    for k, t in enumerate(chosen_frames):
        stored["truth"][0, k], stored["mean"][0, k] = truth[t], given[t].mean
        stored["frame"][0, k], stored["frames"][0, k] = damaged[t], given[t].frames
        stored["condition"][0, k] = condition(measurement, colours(damaged[t]))
    return stored
