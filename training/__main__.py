"""One command from packages to weights: `python -m training --cache DIR`. Run again, it goes on where it stopped."""

import argparse
from pathlib import Path

from training import export, prepare, sources, train

CLIPS = 800  # prepared; 3 minutes of two processors
STEPS = 20_000  # an hour of two processors


def main() -> None:
    """Fetch, prepare, train, export."""
    wanted = _wanted()
    sources.fetch(wanted.cache / "packages")
    prepare.prepare(wanted.cache / "packages", wanted.cache / "clips", wanted.clips, seed=1, workers=wanted.threads)
    plan = train.Plan(wanted.steps, threads=wanted.threads)
    train.train(wanted.cache / "clips", wanted.cache / "checkpoint.safetensors", wanted.cache / "log.csv", plan)
    print(export.export(wanted.cache / "checkpoint.safetensors"))


def _wanted() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    asked.add_argument("--cache", type=Path, required=True, help="folder for packages, clips (2 MB each), checkpoint")
    asked.add_argument("--clips", type=int, default=CLIPS, help="how many clips to prepare")
    asked.add_argument("--steps", type=int, default=STEPS, help="when the learning rate has fallen to its end")
    asked.add_argument("--threads", type=int, default=2)
    return asked.parse_args()


if __name__ == "__main__":
    main()
