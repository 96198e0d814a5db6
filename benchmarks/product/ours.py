"""`gifrestored process` with default settings, in a worker that stays for all clips as the daemon's does."""

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from benchmarks import memory
from benchmarks.product.clips import Source
from benchmarks.product.outcome import Outcome
from benchmarks.product.weights import PARTS
from daemon.commands import process, work
from daemon.execution.child import Child
from daemon.execution.usage import usage_of
from daemon.settings.config import Config
from pipeline.settings import Models

ROOT = Path(__file__).parents[2]


class _Kept(Child):
    """A worker that outlives the command, which ends its own; `end` ends it."""

    def kill(self, after_s: float = 0.0) -> None:
        """Leave it alone."""

    def end(self) -> None:
        super().kill()


def run(way: str, sources: list[Source], short: Source, models: Path, into: Path) -> Iterator[Outcome]:
    """Restore each clip with the weights in the folder `models`, or without any where it has none.

    `short` goes first, twice: a worker of its own converts the weights, so that the next one starts as on any day.
    """
    models.mkdir(exist_ok=True)
    config = Config(models=Models(folder=models, download=False))
    with _worker() as worker:
        _measure(way, short, worker, config, into / "first", 0.0)
    begin = time.perf_counter()
    with _worker() as worker:
        _measure(way, short, worker, config, into / "start", 0.0)
        start_s = round(time.perf_counter() - begin, 2)
        for source in sources:
            yield _measure(way, source, worker, config, into / source.name, start_s)


@contextmanager
def _worker() -> Iterator[_Kept]:
    os.environ["PYTHONPATH"] = str(ROOT)  # the worker's interpreter does not look into the working folder
    worker = _Kept("benchmarks.product.stand_in")
    try:
        with patch.object(work, "Child", return_value=worker):
            yield worker
    finally:
        worker.end()


def _measure(way: str, source: Source, worker: _Kept, config: Config, into: Path, start_s: float) -> Outcome:
    """One clip, all that `gifrestored process` does with it; `publish` is what is not the worker's."""
    into.mkdir(parents=True)
    memory.restart_peak(worker.pid)
    before, begin = _used(worker.pid), time.perf_counter()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        failed = process.process([Path(source.path)], into, config, as_json=True)
    whole, after = time.perf_counter() - begin, _used(worker.pid)
    if failed:
        raise RuntimeError(printed.getvalue())
    clip = json.loads(printed.getvalue())[0]["clips"][0]
    seconds = clip["seconds"] | {"publish": whole - sum(clip["seconds"].values())}
    parts = json.loads((config.models.folder / PARTS).read_text())
    count = clip["frames"]
    return Outcome(
        way=way,
        clip=source.name,
        frames=count,
        restored=count,
        seconds={stage: value / count for stage, value in seconds.items()},
        processor_s=(after[0] - before[0]) / count,
        peak_mb=memory.peak_mb(worker.pid),
        written_mb=(after[1] - before[1]) / count / 2**20,
        out_kb=Path(clip["outputs"]["gif"]).stat().st_size / count / 1024,
        start_s=start_s,
        parts={part: value / count for part, value in parts.items() if value},
    )


def _used(worker: int) -> tuple[float, int]:
    """Processor seconds and bytes written so far, of the worker and of this process."""
    usage = usage_of(worker)
    assert usage is not None
    return usage.cpu_s + time.process_time(), memory.written_bytes(worker) + memory.written_bytes()
