"""Many files at once, and files that take a minute to be written."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.soak.process import Daemon, ask, wait_until
from benchmarks.soak.stand_in import Options
from daemon.folders import Folders

MINUTE_S = 60.0
MANY = """
import pathlib, sys
for i in range(int(sys.argv[2])):
    name = f"{sys.argv[1]}-{i}.gif"
    pathlib.Path(name).write_text(name)
"""
# Held open with pauses longer than the time to settle; opened anew for each piece; of full size from the start.
SLOW = {
    "held": """
import sys, time
with open(sys.argv[1], "w") as file:
    for i in range(12):
        file.write(f"piece{i} ")
        file.flush()
        time.sleep(float(sys.argv[2]) / 12)
""",
    "appended": """
import sys, time
for i in range(60):
    with open(sys.argv[1], "a") as file:
        file.write(f"piece{i} ")
    time.sleep(float(sys.argv[2]) / 60)
""",
    "full-size": """
import os, sys, time
with open(sys.argv[1], "wb", buffering=0) as file:
    file.truncate(12 * 8)
    for i in range(12):
        file.write(f"piece{i:02} ".encode())
        time.sleep(float(sys.argv[2]) / 12)
""",
}


def burst(folder: Path, files: int, writers: int) -> dict[str, object]:
    """Many processes write many files; each must be found, none twice, with the memory flat."""
    root = folder / "burst"
    Folders(root).make()
    daemon = Daemon(Options(str(root)))
    wait_until(lambda: ask(root, "SELECT count(*) FROM events") > 0, 20)
    before_mb, peak_mb, start = daemon.own_usage()[0], 0.0, time.monotonic()
    names = [str(root / "gifs" / f"w{writer}") for writer in range(writers)]
    processes = [subprocess.Popen([sys.executable, "-c", MANY, name, str(files // writers)]) for name in names]
    for process in processes:
        process.wait()
    written_s = time.monotonic() - start
    while ask(root, "SELECT count(*) FROM jobs") < files and time.monotonic() - start < 300:
        peak_mb = max(peak_mb, daemon.own_usage()[0])
        time.sleep(0.2)
    found_s = time.monotonic() - start
    time.sleep(5)  # whatever might be found twice
    peak_mb = max(peak_mb, daemon.own_usage()[0])
    daemon.stop()
    rows = ask(root, "SELECT count(*) FROM jobs")
    unique = ask(root, "SELECT count(DISTINCT dropped_path) FROM jobs")
    return {
        "files": files,
        "writers": writers,
        "written_s": round(written_s, 1),
        "found_s": round(found_s, 1),
        "before_mb": round(before_mb),
        "peak_mb": round(peak_mb),
        "faults": [] if rows == unique == files else [f"{rows} jobs for {unique} of {files} files"],
    }


def slow(folder: Path, seconds: float = MINUTE_S) -> dict[str, object]:
    """Files written in pieces, in three ways: each must be taken once, and whole."""
    root = folder / "slow"
    folders = Folders(root)
    folders.make()
    daemon = Daemon(Options(str(root), settle_s=2.0))
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(folders.gifs / f"{how}.gif"), str(seconds)])
        for how, script in SLOW.items()
    ]
    early = 0
    while any(writer.poll() is None for writer in writers):
        early = max(early, ask(root, "SELECT count(*) FROM jobs"))
        time.sleep(0.2)
    wait_until(lambda: ask(root, "SELECT count(*) FROM jobs WHERE state = 'done'") == len(SLOW), 30)
    daemon.stop()
    jobs = ask(root, "SELECT count(*) FROM jobs")
    wanted = {"held": 12, "appended": 60, "full-size": 12}
    pieces = {how: (folders.outputs / f"{how}.gif").read_text().count("piece") for how in SLOW}
    found = [f"{how} came out with {pieces[how]} of {wanted[how]} pieces" for how in SLOW if pieces[how] != wanted[how]]
    found += [f"{early} jobs before the last piece was written"] if early else []
    found += [f"{jobs} jobs for {len(SLOW)} files"] if jobs != len(SLOW) else []
    return {"files": len(SLOW), "seconds": seconds, "jobs": jobs, "pieces": pieces, "faults": found}
