"""The product beside what people would do today, file in, file out: `python -m benchmarks.product [--clips PATH]`.

Ours is `gifrestored process` with default settings, through its worker, with random GFPGAN weights and without any.
Beside it, on the same frames in the same run, go what a user would put together: ffmpeg to PNG, a network frame by
frame, gifski. The networks are upstream's `GFPGANer` with the same weights, without and with Real-ESRGAN for the
background, and waifu2x and realesr-animevideov3 run by ncnn. They are slow, so they restore `--rival-frames` of each
clip, evenly spaced, and are counted by the frame. The last line is one JSON object.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import gif_peers
from benchmarks.product import clips, ours, rivals, weights
from benchmarks.product.enlargers import WAYS
from benchmarks.product.outcome import HEAD, OURS, Outcome, machine, summary

ON_DISK = "/var/tmp"  # what is written to a /tmp in memory would not count as written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="a GIF or video, or a folder of them; without, a generated portrait")
    parser.add_argument("--frames", type=int, default=48, help="of each clip, at most")
    parser.add_argument("--rival-frames", type=int, default=3, help="of each clip, at most, for what is not ours")
    parser.add_argument("--models", type=Path, help="a folder to keep the random weights in, and what is made of them")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gifrestored-bench-", dir=ON_DISK) as name:
        outcomes = compare(given, Path(name))
    print(json.dumps(summary(outcomes) | {"machine": machine()}))


def compare(given: argparse.Namespace, folder: Path) -> list[Outcome]:
    """Run every way over every clip, and print a line of the table for each."""
    gif_peers.install()
    models = given.models.absolute() if given.models else folder / "models"
    weights.write(models)
    sources = clips.sources(given.clips, folder, given.frames)
    print(f"\n{HEAD}", flush=True)
    outcomes = []
    for outcome in _ways(sources, models, given.rival_frames, folder):
        print(outcome.row(), flush=True)
        outcomes.append(outcome)
    return outcomes


def _ways(sources: list[clips.Source], models: Path, rival_frames: int, folder: Path) -> Iterator[Outcome]:
    short = clips.shortened(sources[0], folder, frames=2)
    yield from ours.run(OURS["default"], sources, short, models, folder / "default")
    yield from ours.run(OURS["embedded"], sources, short, folder / "no-models", folder / "embedded")
    for way in WAYS:
        yield from rivals.run(way, sources, models, rival_frames, folder / way)


if __name__ == "__main__":
    main()
