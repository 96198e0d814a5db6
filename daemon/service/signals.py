"""Signal handling: wakes the supervisor and remembers what the signal asked for."""

import signal
import threading
from types import FrameType

from daemon.execution.bell import Bell


class Alarm(Bell):
    """A bell that SIGTERM, SIGINT and SIGHUP also ring while its context lasts.

    The command line blocks SIGHUP before that. A SIGHUP from that time rings as soon as the context begins.
    """

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[int, object] = {}
        self._mask: set[int] = set()
        self._reload = False
        self.stopping = False

    def take_reload(self) -> bool:
        """Return whether a reload was requested since the last call."""
        asked, self._reload = self._reload, False
        return asked

    def __enter__(self) -> "Alarm":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                self._before[number] = signal.signal(number, self._on_signal)
            self._mask = set(signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP}))
        return self

    def __exit__(self, *_: object) -> None:
        if self._before:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self.close()

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGHUP:
            self._reload = True
        else:
            self.stopping = True
        self.ring()
