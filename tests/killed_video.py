"""Restores a small video again and again, killed at one step after another; prints what came out as JSON.

A process of its own: it forks before a thread is there.
"""

import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from video_sources import FAST, restored

OPTIONS = replace(FAST, shortest_segment=0.3, longest_segment=0.5)


class Steps:
    """Counts what can be interrupted: each frame, and both sides of each rename. Kills the process at one of them."""

    def __init__(self, fatal: int | None = None) -> None:
        self.count, self._fatal = 0, fatal
        for name in ("replace", "rename"):
            setattr(Path, name, self._watched(getattr(Path, name)))

    def step(self, *_: Any) -> None:
        if self.count == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1

    def _watched(self, move: Callable[..., Any]) -> Callable[..., Any]:
        def moved(*given: Any) -> Any:
            self.step()
            result = move(*given)
            self.step()
            return result

        return moved


def run(source: Path, into: Path, fatal: int | None = None) -> dict[str, Any]:
    """What a forked run says; nothing where it was killed."""
    read_end, write_end = os.pipe()
    if not (child := os.fork()):
        steps = Steps(fatal)
        result = restored(source, into, OPTIONS, progress=steps.step)
        digest = hashlib.sha256(result.path.read_bytes()).hexdigest()
        os.write(write_end, json.dumps([digest, steps.count, result.restored, len(result.segments)]).encode())
        os._exit(0)
    os.close(write_end)
    os.waitpid(child, 0)
    with os.fdopen(read_end) as answer:
        said = answer.read()
    return dict(zip(("sha256", "steps", "restored", "segments"), json.loads(said), strict=True)) if said else {}


def main() -> None:
    source, folder, every = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    undisturbed = run(source, folder)
    shutil.rmtree(folder)
    outcomes = []
    for fatal in range(0, undisturbed["steps"], every):
        killed, after = run(source, folder, fatal), run(source, folder)
        rest = sorted(path.name for path in folder.iterdir())
        outcomes.append({"fatal": fatal, "was_killed": not killed, "rest": rest, **after})
        shutil.rmtree(folder)
    print(json.dumps({"undisturbed": undisturbed, "outcomes": outcomes}))


if __name__ == "__main__":
    main()
