"""Wakes the supervisor: for a signal, for an arrival, for a child."""

import contextlib
import os
import signal
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from types import FrameType


class Alarm:
    """A pipe that can be waited on together with children. As a context it takes SIGTERM, SIGINT and SIGHUP."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[int, object] = {}
        self._reload = self._closed = False
        self._closing = threading.RLock()  # a signal's handler may ring in the thread that holds it
        self.stopping = False

    def ring(self) -> None:
        """Wake whoever waits; from any thread, or a signal handler. Nothing once the context is left."""
        with self._closing, contextlib.suppress(BlockingIOError):
            if not self._closed:  # else the number may be another file's by now
                os.write(self._writer, b"!")

    def wait(self, connections: Sequence[Connection], timeout_s: float) -> list[Connection]:
        """The connections with something to say; empty after the time is up or the alarm has rung."""
        ready = wait([*connections, self._reader], timeout_s)
        with contextlib.suppress(BlockingIOError):
            os.read(self._reader, 4096)
        return [found for found in ready if isinstance(found, Connection)]

    def take_reload(self) -> bool:
        """Whether a reload was asked for since the last call."""
        asked, self._reload = self._reload, False
        return asked

    def __enter__(self) -> "Alarm":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        with self._closing:
            self._closed = True
            os.close(self._reader)
            os.close(self._writer)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._reload = True
        else:
            self.stopping = True
        self.ring()
