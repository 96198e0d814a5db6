"""The parent's side of a worker: a fresh interpreter in a process group of its own, told by pickles, heard as JSON.

What comes back is JSON because the child has decoded media from strangers: a pickle from it could run code here.
"""

import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from types import TracebackType
from typing import Any, BinaryIO

from daemon.execution.calls import R, Request
from daemon.execution.errors import CallFailed, WorkerDied
from pipeline import errors


@dataclass(frozen=True, slots=True)
class Stage:
    """What the child is doing, and the share (0 to 1) of the whole that is done."""

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A call's end: its result as plain JSON values, or the error that it raised."""

    result: Any = None
    error: Exception | None = None


class Child:
    """One worker process, idle or busy with one call.

    `stand_in` names a module whose functions it calls instead of the pipeline's functions of the same name.
    """

    def __init__(self, stand_in: str | None = None) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "daemon.execution.worker", str(theirs.fileno()), str(os.getpid())]
            try:
                self._process = subprocess.Popen(  # what models print must not mix with what `--json` prints
                    [*command, *([stand_in] if stand_in else [])],
                    stdin=subprocess.DEVNULL,
                    stdout=2,
                    pass_fds=[theirs.fileno()],
                    process_group=0,
                )
            except BaseException:
                ours.close()
                raise
        self.connection = Connection(ours.detach())

    @property
    def pid(self) -> int:
        """Also the process group's id."""
        return self._process.pid

    def send(self, request: Request[Any], source: BinaryIO | None = None, progress: bool = False) -> None:
        """Begin a call; raises WorkerDied.

        `source` is the open file that the argument `source` names: the child reads that one, whatever has become of
        the name. With `progress` the child also tells its stages.
        """
        try:
            message = (request.function, request.arguments, source is not None, progress)
            self.connection.send_bytes(pickle.dumps(message))
            if source is not None:
                send_handle(self.connection, source.fileno(), self.pid)
        except OSError as error:
            raise self.died() from error

    def receive(self) -> Stage | Answer:
        """The next message; raises WorkerDied."""
        try:
            message = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise self.died() from error
        if "stage" in message:
            return Stage(str(message["stage"]), float(message["share"]))
        if "error" in message:
            return Answer(error=_error(message))
        return Answer(message["result"])

    def call(self, request: Request[R], progress: Callable[[str, float], None] | None = None) -> R:
        """Call and wait; raises what the function raised (of `pipeline.errors`, or CallFailed), or WorkerDied."""
        self.send(request, progress=progress is not None)
        while isinstance(message := self.receive(), Stage):
            if progress is not None:
                progress(message.name, message.share)
        if message.error is not None:
            raise message.error
        return request.to_result(message.result)

    def died(self) -> WorkerDied:
        """Wait for the end of a child that hung up, and say how it ended."""
        self.kill(after_s=2.0)
        code = self._process.returncode
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return WorkerDied(f"the worker {how} before it had an answer", code == -signal.SIGKILL)

    def kill(self, after_s: float = 0.0) -> None:
        """End the whole process group, at the latest after `after_s`; nothing of it is left."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if after_s:
                self._process.wait(after_s)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self.connection.close()

    def __enter__(self) -> "Child":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


def _error(message: dict[str, Any]) -> Exception:
    kind = getattr(errors, message["error"], None)
    if isinstance(kind, type) and issubclass(kind, errors.PipelineError):
        return kind(message["message"])
    return CallFailed(message["error"], message["message"], message["errno"])
