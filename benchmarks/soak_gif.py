"""Damaged GIFs by the hundred thousand: `python -m benchmarks.soak_gif [--flips N] [--clips DIR]`.

Every truncation of small GIFs, then random byte flips: each must be read, or refused with our own errors, in under two
seconds. Exits 1 at the first that is not, leaving the file behind; and where memory grows beyond what one screen needs.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageSequence

from benchmarks.memory import peak_mb
from pipeline.clips.clip import Clip
from pipeline.errors import TooLarge, Unreadable
from pipeline.media import gif, open_media
from pipeline.settings import Gif, Limits

SMALL, SLOW_S, ROOM_MB = 20_000, 2.0, 128
LIMITS = Limits(max_megapixels=2, max_total_megapixels=50)


def samples(folder: Path, clips: Path | None) -> list[Path]:
    """Small GIFs: ours, Pillow's of every disposal, and those of `clips`, made small where they are large."""
    noise = np.random.default_rng(0)
    frames = noise.integers(0, 256, (4, 24, 32, 3), dtype=np.uint8)
    alpha = noise.choice(np.array([0, 255], np.uint8), (4, 24, 32))
    delays = np.full(4, 50, np.int32)
    made = [gif.write(Clip(frames, None, delays, 0), folder / "ours.gif", Gif()).path]
    made.append(gif.write(Clip(frames, alpha, delays, 3), folder / "alpha.gif", Gif()).path)
    for disposal in range(4):
        pictures = [Image.fromarray(f).quantize(64) for f in frames]
        path = folder / f"pillow{disposal}.gif"
        pictures[0].save(path, save_all=True, append_images=pictures[1:], disposal=disposal, interlace=True, loop=0)
        made.append(path)
    found = sorted(clips.rglob("*")) if clips else []
    return made + [_small(p, folder) for p in found if p.suffix.lower() == ".gif"]


def _small(path: Path, folder: Path) -> Path:
    """The file itself, or its first frames as a picture of few pixels."""
    if path.stat().st_size <= SMALL:
        return path
    with Image.open(path) as image:
        frames = [frame.convert("RGB") for frame in islice(ImageSequence.Iterator(image), 3)]
    for frame in frames:
        frame.thumbnail((48, 48))
    small = folder / f"small-{path.name}"
    frames[0].save(small, "GIF", save_all=True, append_images=frames[1:], loop=0)
    return small


def tried(data: bytes, path: Path) -> bool:
    """Read one; whether it could be read."""
    path.write_bytes(data)
    started = time.perf_counter()
    try:
        with open_media(path, LIMITS) as reader:
            read = sum(1 for _ in reader) > 0
    except (Unreadable, TooLarge):
        read = False
    if time.perf_counter() - started > SLOW_S:
        raise TimeoutError(f"{time.perf_counter() - started:.1f} s")
    return read


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path)
    parser.add_argument("--flips", type=int, default=100_000)
    given = parser.parse_args()
    chance = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "damaged.gif"
        whole = [p.read_bytes() for p in samples(folder, given.clips)]
        before = peak_mb()
        try:
            cut = sum(tried(data[:length], path) for data in whole for length in range(len(data)))
            print(f"{sum(map(len, whole))} truncations: {cut} read in part, the rest refused", flush=True)
            flipped = sum(tried(_flipped(chance.choice(whole), chance), path) for _ in range(given.flips))
        except Exception:
            shutil.copy(path, "damaged.gif")
            print("this one is left behind as ./damaged.gif", file=sys.stderr)
            raise
    grown = peak_mb() - before
    print(f"{given.flips} flips: {flipped} read, the rest refused; memory grew by {grown} MB at most")
    return int(grown > ROOM_MB)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 5)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


if __name__ == "__main__":
    sys.exit(main())
