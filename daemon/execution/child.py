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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from pydantic import TypeAdapter

from daemon.execution.errors import CallFailed, WorkerDied
from pipeline import errors

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """What the child is doing, and the share of the whole that is done."""

    stage: str
    share: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A call's end: its result as plain JSON values, or the error that it raised."""

    result: Any = None
    error: Exception | None = None


class Child:
    """One worker process, idle or busy with one call."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-m", "daemon.execution.worker", str(theirs.fileno()), str(os.getpid())]
            self._process = subprocess.Popen(  # what models print must not mix with what `--json` prints
                command, stdin=subprocess.DEVNULL, stdout=2, pass_fds=[theirs.fileno()], process_group=0
            )
        self.connection = Connection(ours.detach())

    @property
    def pid(self) -> int:
        """Also the process group's id."""
        return self._process.pid

    def start(self, function: str, descriptor: int | None = None, progress: bool = False, **kwargs: Any) -> None:
        """Begin a call of the dotted name `function`; raises WorkerDied.

        `descriptor` is of the file that the argument `source` names: the child reads that one, whatever has become of
        the name.
        """
        try:
            self.connection.send_bytes(pickle.dumps((function, kwargs, descriptor is not None, progress)))
            if descriptor is not None:
                send_handle(self.connection, descriptor, self.pid)
        except OSError as error:
            raise self.died() from error

    def receive(self) -> Progress | Answer:
        """The next message; raises WorkerDied."""
        try:
            message = json.loads(self.connection.recv_bytes())
        except (EOFError, OSError) as error:
            raise self.died() from error
        if "stage" in message:
            return Progress(str(message["stage"]), float(message["share"]))
        if "error" in message:
            return Answer(error=_error(message))
        return Answer(message["result"])

    def call(
        self, function: str, returns: type[T], progress: Callable[[str, float], None] | None = None, **kwargs: Any
    ) -> T:
        """Call and wait; raises what the function raised (of `pipeline.errors`, or CallFailed), or WorkerDied."""
        self.start(function, progress=progress is not None, **kwargs)
        while isinstance(message := self.receive(), Progress):
            if progress is not None:
                progress(message.stage, message.share)
        if message.error is not None:
            raise message.error
        return TypeAdapter(returns).validate_python(message.result)

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


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its descendants use now."""

    resident_bytes: int
    cpu_s: float


def usage(pid: int) -> Usage | None:
    """None where the system has no /proc, or the process is gone."""
    found = [u for u in map(_usage, _family(pid)) if u is not None]
    return Usage(sum(u.resident_bytes for u in found), sum(u.cpu_s for u in found)) if found else None


def _usage(pid: int) -> Usage | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    ticks = int(fields[11]) + int(fields[12])
    return Usage(int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), ticks / os.sysconf("SC_CLK_TCK"))


def _family(pid: int) -> Iterable[int]:
    yield pid
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))


def _error(message: dict[str, Any]) -> Exception:
    kind = getattr(errors, message["error"], None)
    if isinstance(kind, type) and issubclass(kind, errors.PipelineError):
        return kind(message["message"])
    return CallFailed(message["error"], message["message"], message["errno"])
