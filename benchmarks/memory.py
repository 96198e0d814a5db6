"""Memory and disk that processes use, as /proc tells it; MB are 2²⁰ bytes.

`ru_maxrss` won't do: the kernel lets a child's begin at the size of the process that started it.
"""

import subprocess
import threading
from contextlib import suppress
from pathlib import Path

_SECONDS_BETWEEN_LOOKS = 0.02


def peak_mb(pid: int | str = "self") -> int:
    """The most memory that a process has had resident, since its start or since `restart_peak`."""
    return _field(Path(f"/proc/{pid}/status").read_text(), "VmHWM") // 1024


def restart_peak(pid: int | str = "self") -> None:
    """Let the peak of a process begin anew at what is resident now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def written_bytes(pid: int | str = "self") -> int:
    """Bytes that a process, and the children it has waited for, sent towards a disk; a tmpfs is none."""
    return _field(Path(f"/proc/{pid}/io").read_text(), "write_bytes")


def _field(text: str, name: str) -> int:
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name}:"))


class Programs:
    """Runs programs of others; `peak_mb` is the largest that one of them was."""

    def __init__(self) -> None:
        self.peak_mb = 0

    def run(self, *command: str, given: bytes | None = None) -> None:
        """Run one to its end, with `given` as its input. Raises CalledProcessError."""
        with subprocess.Popen(command, stdin=None if given is None else subprocess.PIPE) as process:
            ended = threading.Event()
            watch = threading.Thread(target=self._watch, args=(process.pid, ended))
            watch.start()
            try:
                process.communicate(given)
            finally:
                ended.set()
                watch.join()
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)

    def _watch(self, pid: int, ended: threading.Event) -> None:
        while not ended.is_set():
            with suppress(OSError, StopIteration):  # a process that has ended has no memory
                self.peak_mb = max(self.peak_mb, peak_mb(pid))
            ended.wait(_SECONDS_BETWEEN_LOOKS)
