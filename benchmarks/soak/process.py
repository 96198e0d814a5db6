"""A daemon at work on a data root, and what can be asked of it from outside."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.soak.stand_in import Options, Victim, children_of
from daemon.catalogue import open_for_reading
from daemon.folders import Folders

REPOSITORY = Path(__file__).parents[2]


class Daemon:
    """Started at once; `watchdog_gap_s` is the longest time between two signs of life to the service manager."""

    def __init__(self, options: Options) -> None:
        self._log = tempfile.NamedTemporaryFile(mode="w+")  # noqa: SIM115 (lives as long as the daemon)
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.settimeout(1.0)
        self._manager.bind(b"")  # a name of the kernel's choice
        address = self._manager.getsockname()
        self.watchdog_gap_s, self.is_ready = 0.0, False
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.soak.stand_in", options.to_json()],
            env=os.environ
            | {"PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'tests'}", "NOTIFY_SOCKET": "@" + address[1:].decode()},
            stdout=subprocess.DEVNULL,
            stderr=self._log,
        )
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        """Be the service manager, until the daemon says that it stops, or ends."""
        last: float | None = None
        while self.process.poll() is None:
            try:
                told = self._manager.recv(1000)
            except TimeoutError:
                continue
            except OSError:
                return
            if b"STOPPING" in told:
                return
            self.is_ready, now = True, time.monotonic()
            if told.startswith((b"READY", b"WATCHDOG")):
                self.watchdog_gap_s = max(self.watchdog_gap_s, now - (last or now))
                last = now

    def log(self) -> list[dict[str, object]]:
        """What it has logged so far."""
        return [json.loads(line) for line in Path(self._log.name).read_text().splitlines() if line.startswith("{")]

    def rescans(self) -> list[tuple[float, float]]:
        """The seconds, and those of the processor, that each rescan took so far, by the log."""
        return [
            (float(str(e["seconds"])), float(str(e["cpu_seconds"]))) for e in self.log() if e["event"] == "rescanned"
        ]

    def own_usage(self) -> tuple[float, float]:
        """Resident MB and CPU seconds of the daemon's process alone."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks, pages = int(fields[11]) + int(fields[12]), int(fields[21])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, ticks / os.sysconf("SC_CLK_TCK")

    def kill(self, victim: Victim) -> None:
        """kill -9; a daemon that was killed is waited for."""
        workers = children_of(self.process.pid)
        if victim != "worker":
            self.process.kill()
        if victim != "daemon":
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
        if victim != "worker":
            self._end()

    def stop(self) -> float:
        """End it as a service manager would; returns the seconds that it took."""
        asked = time.monotonic()
        self.process.terminate()
        self._end()
        return time.monotonic() - asked

    def _end(self) -> None:
        self.process.wait(30)
        self._manager.close()


def ask(root: Path, query: str) -> int:
    """The first value of a query; 0 where there is none, or no catalogue yet."""
    with contextlib.suppress(Exception), contextlib.closing(open_for_reading(Folders(root).catalogue)) as db:
        return int(db.execute(query).fetchone()[0] or 0)
    return 0


def wait_until(holds: Callable[[], bool], within_s: float) -> bool:
    """Whether it held in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.2)
    return False
