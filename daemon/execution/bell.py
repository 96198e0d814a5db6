"""Wakes whoever waits: for a signal, for an arrival, for a worker."""

import contextlib
import os
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait


class Bell:
    """Ends a wait early. It is a pipe, so that an executor can wait for it together with its workers."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._closed = False
        self._closing = threading.RLock()  # a signal's handler may ring in the thread that holds it

    def ring(self) -> None:
        """Wake whoever waits; from any thread, or a signal handler. Does nothing once the bell is closed."""
        with self._closing, contextlib.suppress(BlockingIOError):
            if not self._closed:  # else the number may be another file's by now
                os.write(self._writer, b"!")

    def wait(self, timeout_s: float, connections: Sequence[Connection] = ()) -> list[Connection]:
        """Wait until the bell rings, a connection has something to say or the time is up; return such connections."""
        ready = wait([*connections, self._reader], timeout_s)
        with contextlib.suppress(BlockingIOError):
            os.read(self._reader, 4096)
        return [connection for connection in ready if isinstance(connection, Connection)]

    def close(self) -> None:
        """Let go of the pipe."""
        with self._closing:
            self._closed = True
            os.close(self._reader)
            os.close(self._writer)
