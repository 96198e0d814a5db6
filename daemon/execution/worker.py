"""The child process: the only one that decodes media and runs models.

Started by `child` as `python -m daemon.execution.worker FD PARENT [STAND_IN]`, it serves calls one after another, so
that a loaded model stays warm. It dies with its parent.
"""

import contextlib
import ctypes
import importlib
import os
import pickle
import signal
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


def main(fd: int, parent: int, stand_in: str | None = None) -> None:
    """Serve calls until the parent closes its end of the connection."""
    _die_with(parent)
    connection = Connection(fd)
    with contextlib.suppress(EOFError, ConnectionResetError, BrokenPipeError):
        while True:
            name, *call = pickle.loads(connection.recv_bytes())
            _serve_call(connection, partial(_function, name, stand_in), *call)


def _serve_call(
    connection: Connection,
    find_function: Callable[[], Callable[..., Any]],
    kwargs: dict[str, Any],
    has_source: bool,
    progress: bool,
) -> None:
    """Run one call, and send its result or its error back as JSON."""
    from daemon.folders import readable
    from daemon.report_codec import to_json

    descriptor = recv_handle(connection) if has_source else None
    dropped = kwargs.get("source", Path())
    if descriptor is not None:
        kwargs["source"] = _path_of(descriptor, dropped)
    if progress:
        kwargs["progress"] = lambda stage, share: connection.send_bytes(
            to_json({"stage": stage, "share": float(share)}).encode()
        )
    try:
        answer = {"result": find_function()(**kwargs)}
    except BrokenPipeError:
        raise
    except BaseException as error:
        message = str(error)
        if message.startswith((f"{descriptor} ", f"{descriptor}:")):  # people know the file by its name
            message = f"{dropped.name}{message.removeprefix(str(descriptor))}"
        answer = {"error": type(error).__name__, "message": readable(message), "errno": getattr(error, "errno", None)}
    finally:
        if descriptor is not None:
            os.close(descriptor)
    connection.send_bytes(to_json(answer).encode())


def _function(name: str, stand_in: str | None) -> Callable[..., Any]:
    """Import the function with this dotted name, or the function with the same last part in the stand-in module."""
    module, _, attribute = name.rpartition(".")
    function: Callable[..., Any] = getattr(importlib.import_module(stand_in or module), attribute)
    return function


def _path_of(descriptor: int, path: Path) -> Path:
    """Return a path that opens the file that the parent opened, even if that was renamed since."""
    by_descriptor = Path(f"/proc/self/fd/{descriptor}")
    return by_descriptor if by_descriptor.exists() else path


def _die_with(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then ends this group
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the line above
        raise SystemExit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
