"""Soak the daemon; ends with one JSON object of all that was counted, and exit code 1 where an invariant broke.

    python -m benchmarks.soak [kills] [steps] [burst] [slow] [idle] [hours]   (all, where none is named)
    python -m benchmarks.soak --short                                          (a few minutes for all)

The worker is a stand-in that does what a file's words say. `hours` mounts small file systems of its own, in a
namespace that ends with it.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.soak.burst import MINUTE_S, burst, slow
from benchmarks.soak.hours import hours
from benchmarks.soak.idle import idle
from benchmarks.soak.kills import at_every_step, at_random

INSIDE = "GIFRESTORED_SOAK_MOUNTS"
Soak = Callable[[Path], dict[str, object]]


def main() -> int:
    """Run what was asked for, each in a folder of its own, which is left where something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", metavar="SOAK")
    parser.add_argument("--short", action="store_true", help="a tenth of everything")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    soaks = _soaks(given.short, given.seed)
    if unknown := set(given.what) - soaks.keys():
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(soaks)}")
    if "hours" in (given.what or soaks) and INSIDE not in os.environ:
        _enter_namespace()
    told: dict[str, dict[str, object]] = {}
    for name in given.what or soaks:
        print(f"{name} ...", file=sys.stderr, flush=True)
        folder = Path(tempfile.mkdtemp(prefix=f"soak-{name}-"))
        told[name] = result = soaks[name](folder)
        if result["faults"]:
            print(f"{name}: {json.dumps(result)}, see {folder}", file=sys.stderr, flush=True)
        else:
            shutil.rmtree(folder)
    print(json.dumps(told, indent=1))
    return int(any(result["faults"] for result in told.values()))


def _soaks(short: bool, seed: int) -> dict[str, Soak]:
    def size(full: int) -> int:
        return full // 10 if short else full

    return {
        "kills": lambda folder: at_random(folder, size(500), size(50), seed),
        "steps": lambda folder: at_every_step(folder, size(50), seed),
        "burst": lambda folder: burst(folder, size(20_000), 8),
        "slow": lambda folder: slow(folder, MINUTE_S / 10 if short else MINUTE_S),
        "idle": lambda folder: idle(folder, size(100_000), size(150)),
        "hours": lambda folder: hours(folder, size(72), seed),
    }


def _enter_namespace() -> None:
    """Begin anew where mounts are seen by nobody else; without being root, as a root of that namespace only."""
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *as_root, "--mount", sys.executable, "-m", "benchmarks.soak", *sys.argv[1:]]
    os.execvpe(command[0], command, os.environ | {INSIDE: "1"})


if __name__ == "__main__":
    sys.exit(main())
