"""The comparison, in a separate process: it loads two networks, one after the other, and needs up to 3 GB."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict

from daemon.settings.config import Config
from daemon.verification.record import VerificationFailed, remember
from pipeline.networks.weights.registry import Weights
from pipeline.report import EngineComparison

COMMAND: Sequence[str] = (sys.executable, "-P", "-m", "pipeline.networks.gfpgan.verify")
LIMIT_S = 1800.0  # it takes about a minute on two cores


class Comparing:
    """A running comparison. Poll `result` for its end, which also stores the result."""

    def __init__(self, config: Config, weights: Weights, in_background: bool) -> None:
        """Start it. In the background it has a low priority and dies with this process. Raises OSError."""
        self.config, self.weights = config, weights
        self._started = time.monotonic()
        with ExitStack() as files:  # not pipes, which would fill up because nobody reads them
            self._out, self._err = (files.enter_context(tempfile.TemporaryFile("w+")) for _ in range(2))
            self._process = subprocess.Popen(
                COMMAND, stdin=subprocess.PIPE, stdout=self._out, stderr=self._err, text=True, process_group=0
            )
            self._files = files.pop_all()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as stdin:
            stdin.write(self._job(os.getpid() if in_background else None))

    def result(self) -> EngineComparison | None:
        """Return the comparison, or None while it is running. Raises VerificationFailed."""
        code = self._process.poll()
        if code is None and time.monotonic() < self._started + LIMIT_S:
            return None
        if code is None:
            raise VerificationFailed(f"it took more than {LIMIT_S / 60:.0f} min")
        for file in (self._out, self._err):
            file.seek(0)
        comparison = _comparison(code, self._out.read(), self._err.read())
        remember(self.config, self.weights, comparison)
        return comparison

    def wait(self) -> EngineComparison:
        """Wait for the comparison and return it. Raises VerificationFailed."""
        while (comparison := self.result()) is None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
        return comparison

    def end(self) -> None:
        """Kill the process group if it is still running, and close the files."""
        if self._process.poll() is None:  # else another process may have its number by now
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._files.close()

    def _job(self, background_of: int | None) -> str:
        config = self.config
        job = {"folder": str(config.models.folder), "engine": config.engine, "device": config.device}
        return json.dumps(job | {"weights": asdict(self.weights), "background_of": background_of})


def compare(config: Config, weights: Weights) -> EngineComparison:
    """Compare now, wait for the result and store it. Raises VerificationFailed, OSError."""
    comparing = Comparing(config, weights, in_background=False)
    try:
        return comparing.wait()
    finally:
        comparing.end()


def _comparison(code: int, out: str, err: str) -> EngineComparison:
    """Parse the output of a process that has ended. Raises VerificationFailed."""
    if code < 0:
        raise VerificationFailed(f"it was ended by {signal.Signals(-code).name}; it needs up to 3 GB of memory")
    try:
        answer = json.loads(out.splitlines()[-1])
        if "error" not in answer:
            return EngineComparison(**answer)
        reason = str(answer["error"])
    except (IndexError, ValueError, TypeError):
        reason = (err.strip().splitlines() or [f"it ended with exit code {code}"])[-1]
    raise VerificationFailed(reason)
