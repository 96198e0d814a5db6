"""What a daemon costs that knows many files and has nothing to do, and what a rescan of them takes."""

import contextlib
import time
from pathlib import Path

from benchmarks.soak.process import Daemon, ask, wait_until
from benchmarks.soak.stand_in import Options
from daemon.catalogue import open_for_writing
from daemon.folders import Folders
from daemon.inbox.inbox import SCAN_SHARE
from daemon.settings.config import Watch


def idle(folder: Path, files: int, seconds: float) -> dict[str, object]:
    """Processor time and memory of the daemon's own process, there being no worker."""
    root = folder / "idle"
    _fill(root, files)
    daemon = Daemon(Options(str(root), level="debug", settle_s=2.0))
    wait_until(lambda: len(daemon.rescans()) > 0, 120)
    time.sleep(5)
    start_mb, start_cpu_s = daemon.own_usage()
    time.sleep(seconds)
    end_mb, end_cpu_s = daemon.own_usage()
    scans = len(daemon.rescans())
    (root / "gifs" / "new-folder").mkdir()  # which is followed by a rescan
    wait_until(lambda: len(daemon.rescans()) > scans, 300)
    (first_s, _), (later_s, later_cpu_s) = daemon.rescans()[0], daemon.rescans()[-1]
    daemon.stop()
    return {
        "files": files,
        "seconds": seconds,
        "rescans_meanwhile": scans - 1,
        "resident_mb": round(end_mb),
        "grown_mb": round(end_mb - start_mb, 1),
        "core_percent": round(100 * (end_cpu_s - start_cpu_s) / seconds, 3),
        "first_scan_s": first_s,
        "rescan_s": later_s,
        "rescan_cpu_s": later_cpu_s,
        "rescan_every_s": round(max(Watch().rescan_seconds, later_cpu_s / SCAN_SHARE)),
        "faults": ["known files were taken as new"] if ask(root, "SELECT count(*) FROM jobs") else [],
    }


def _fill(root: Path, files: int) -> None:
    """A data root whose catalogue knows all its files."""
    folders = Folders(root)
    folders.make()
    Daemon(Options(str(root), once=True)).process.wait()
    with contextlib.closing(open_for_writing(folders.catalogue)) as db:
        db.execute("BEGIN")
        for i in range(files):
            folder = folders.gifs / "clean" / f"{i // 1000:03}"
            folder.mkdir(exist_ok=True)
            file = folder / f"some-clip-with-a-name-{i:06}.gif"
            file.touch()
            text, mtime_ns = folders.relative(file), file.stat().st_mtime_ns
            db.execute("INSERT INTO files VALUES (?, ?, 0, ?, 'dropped')", (text, f"{i:064x}", mtime_ns))
        db.execute("COMMIT")
