"""What goes wrong in the soak's hours: each trouble begins in the world as it is, and ends so that work can go on."""

import contextlib
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.soak.arrivals import World
from benchmarks.soak.process import Daemon, wait_until
from benchmarks.soak.stand_in import Options
from daemon.catalogue import open_for_reading, open_for_writing
from daemon.folders import Folders


class Host:
    """The machine: its daemon, which is started again after each end, its disk, and a share in the data root."""

    def __init__(self, world: World, options: Options, share: Path) -> None:
        self.world, self.options, self.share = world, options, share
        self.folders = Folders(world.root)
        self.stopped_s = self.gap_s = self.peak_mb = 0.0
        self.faults: list[str] = []
        self.daemon = Daemon(options)

    def look(self) -> None:
        """Note how large the daemon has become."""
        with suppress(OSError):
            self.peak_mb = max(self.peak_mb, self.daemon.own_usage()[0])

    def end_daemon(self, kill: bool = False) -> None:
        """By SIGTERM or SIGKILL; what it said of itself is kept."""
        self.look()
        if kill:
            self.daemon.kill("daemon")
        else:
            self.stopped_s = max(self.stopped_s, self.daemon.stop())
        self.gap_s = max(self.gap_s, self.daemon.watchdog_gap_s)
        told = ("unexpected", "the inbox stumbled")
        self.faults += [str(entry) for entry in self.daemon.log() if entry["event"] in told]

    def start_daemon(self) -> None:
        """A new one."""
        self.daemon = Daemon(self.options)

    def mount(self) -> None:
        """The share comes."""
        mount("--bind", self.share, self.folders.raw_videos)
        self.world.share_is_mounted = True

    def unmount(self) -> None:
        """The share goes, whoever uses it."""
        self.world.share_is_mounted = False
        subprocess.run(["umount", "--lazy", self.folders.raw_videos], check=True)

    def fill(self, leave_mb: int) -> Path:
        """Have so little space left on the disk."""
        filler = self.folders.root / "filler"
        with suppress(OSError), filler.open("wb") as file:
            found = os.statvfs(self.folders.root)
            os.posix_fallocate(file.fileno(), 0, max(1, found.f_bavail * found.f_frsize - (leave_mb << 20)))
        return filler


def mount(*arguments: object) -> None:
    """The program of that name."""
    subprocess.run(["mount", *map(str, arguments)], check=True)


@contextmanager
def calm(host: Host) -> Iterator[None]:
    """Nothing."""
    yield


@contextmanager
def stopped(host: Host) -> Iterator[None]:
    """The daemon is stopped for a while."""
    host.end_daemon()
    yield
    host.start_daemon()


@contextmanager
def killed(host: Host) -> Iterator[None]:
    """The daemon dies and is started at once."""
    host.end_daemon(kill=True)
    host.start_daemon()
    yield


@contextmanager
def worker_killed(host: Host) -> Iterator[None]:
    """As the kernel does when memory runs out."""
    host.daemon.kill("worker")
    yield


@contextmanager
def reloaded(host: Host) -> Iterator[None]:
    """SIGHUP, twice."""
    host.daemon.process.send_signal(signal.SIGHUP)
    yield
    host.daemon.process.send_signal(signal.SIGHUP)


@contextmanager
def disk_full(host: Host) -> Iterator[None]:
    """Not a byte is left."""
    filler = host.fill(0)
    yield
    filler.unlink()


@contextmanager
def disk_full_at_start(host: Host) -> Iterator[None]:
    """Not a byte is left, and the daemon dies and is started."""
    filler = host.fill(0)
    host.end_daemon(kill=True)
    host.start_daemon()
    yield
    filler.unlink()


@contextmanager
def disk_low(host: Host) -> Iterator[None]:
    """Less is left than the settings want."""
    filler = host.fill(host.options.min_free_mb // 2)
    yield
    filler.unlink()


@contextmanager
def share_gone(host: Host) -> Iterator[None]:
    """The share is unmounted for a while; an empty folder is in its place."""
    host.unmount()
    yield
    host.mount()


@contextmanager
def share_late(host: Host) -> Iterator[None]:
    """The daemon is started before the share is there."""
    host.end_daemon()
    host.unmount()
    host.start_daemon()
    yield
    host.mount()


@contextmanager
def outputs_gone(host: Host) -> Iterator[None]:
    """The folder of results is not there; a daemon that starts would make a new one."""
    wait_until(lambda: host.daemon.is_ready, 30)
    away = host.folders.root / "elsewhere"
    host.folders.outputs.rename(away)
    yield
    away.rename(host.folders.outputs)


@contextmanager
def touched(host: Host) -> Iterator[None]:
    """Something gives every file a new time."""
    for file in host.folders.gifs.rglob("*.gif"):
        with suppress(OSError):
            if file.is_file() and not file.is_symlink():
                os.utime(file)
    yield


@contextmanager
def read_by_others(host: Host) -> Iterator[None]:
    """A reader holds an old view of the catalogue."""
    with contextlib.closing(open_for_reading(host.folders.catalogue)) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM jobs").fetchone()
        yield


@contextmanager
def written_by_others(host: Host) -> Iterator[None]:
    """Another program holds the catalogue's write lock."""
    with contextlib.closing(open_for_writing(host.folders.catalogue)) as db:
        with suppress(sqlite3.OperationalError):
            db.execute("BEGIN IMMEDIATE")
        yield
        with suppress(sqlite3.OperationalError):
            db.execute("ROLLBACK")


FULL = (disk_full, disk_full_at_start)
TROUBLES = [
    *(calm, calm, calm, calm, stopped, killed, killed, worker_killed, reloaded, touched, read_by_others),
    *(written_by_others, disk_full, disk_full, disk_full_at_start, disk_low, share_gone, share_gone, share_late),
    outputs_gone,
]
