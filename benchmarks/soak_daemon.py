"""Soak the daemon: random kills, bursts, idling with many known files, faults and restarts. The worker is a stand-in.

    python -m benchmarks.soak_daemon kills  [--kills 500] [--files 50]
    python -m benchmarks.soak_daemon burst  [--files 20000] [--writers 8]
    python -m benchmarks.soak_daemon idle   [--files 100000] [--seconds 60]
    python -m benchmarks.soak_daemon faults [--rounds 72]
    python -m benchmarks.soak_daemon all --short

Each prints one JSON object, and ends with exit code 1 where an invariant does not hold.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from daemon.catalogue import open_for_reading, open_for_writing
from daemon.folders import Folders

TESTS = Path(__file__).parents[1] / "tests"
DAEMON = """
import sys
from dataclasses import replace
from pathlib import Path
from daemon.config import Config, Jobs, Log, Watch
from daemon.supervisor import run
jobs = Jobs(max_attempts=10_000, retry_seconds=0.05, min_free_mb=0, lease_seconds=5)
watch = Watch(settle_seconds=0.05, rescan_seconds=float(sys.argv[3]))
config = Config(data_root=Path(sys.argv[1]), watch=watch, jobs=jobs, log=Log(level=sys.argv[4], format="json"))
sys.exit(run(config, once=sys.argv[2] == "once", function="fake_pipeline.restore_file"))
"""


class Daemon:
    """A daemon process over a data root."""

    def __init__(self, root: Path, mode: str = "on", rescan_s: float = 120, level: str = "error") -> None:
        self._log = tempfile.NamedTemporaryFile(mode="w+")  # noqa: SIM115 (lives as long as the daemon)
        self.process = subprocess.Popen(
            [sys.executable, "-c", DAEMON, str(root), mode, str(rescan_s), level],
            env=os.environ | {"PYTHONPATH": str(TESTS)},
            stderr=self._log,
        )

    def rescans(self) -> list[tuple[float, float]]:
        """The seconds, and those of the processor, that each rescan took so far, by the log."""
        lines = [json.loads(line) for line in Path(self._log.name).read_text().splitlines() if line.startswith("{")]
        return [(line["seconds"], line["cpu_seconds"]) for line in lines if line["event"] == "rescanned"]

    def workers(self) -> list[int]:
        """The processes that it started."""
        with contextlib.suppress(OSError):
            path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            return [int(pid) for pid in path.read_text().split()]
        return []

    def own_usage(self) -> tuple[float, float]:
        """Resident MB and CPU seconds of the daemon's process alone."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks, pages = int(fields[11]) + int(fields[12]), int(fields[21])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """End it as a service manager would."""
        self.process.terminate()
        self.process.wait(20)


def ask(root: Path, query: str) -> int:
    with contextlib.suppress(Exception), contextlib.closing(open_for_reading(Folders(root).catalogue)) as db:
        return int(db.execute(query).fetchone()[0] or 0)
    return 0


def wait_until(holds: Callable[[], bool], within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.2)
    return False


def faults_found(root: Path, contents: dict[str, str], quarantined: int = 0) -> list[str]:
    """What is wrong with the end state: each content exactly one finished job, its output once and whole."""
    folders, found = Folders(root), []
    outputs = [file.read_text() for file in folders.outputs.iterdir()]
    inputs = [file.read_text() for folder in folders.watched for file in folder.rglob("*") if file.is_file()]
    for name, content in contents.items():
        if outputs.count(f"restored:{name}:{content}") != 1:
            found.append(f"{name} came out {outputs.count(f'restored:{name}:{content}')} times")
        if inputs.count(content) != 1:
            found.append(f"{name} lies there {inputs.count(content)} times")
    done = ask(root, "SELECT count(DISTINCT hash) FROM jobs WHERE state = 'done'")
    rows = ask(root, "SELECT count(*) FROM jobs")
    if (done, rows - quarantined, len(outputs)) != (len(contents), len(contents), len(contents)):
        found.append(f"{done} finished jobs of {rows}, {len(outputs)} outputs for {len(contents)} files")
    if list(folders.work.iterdir()) or list(root.rglob("*.tmp")) or ask(root, "SELECT count(*) FROM publications"):
        found.append("something is left over")
    return found


def kills(root: Path, count: int, files: int, seed: int = 0) -> dict[str, object]:
    """Kill daemon, worker or both at random moments, while files arrive."""
    chance = random.Random(seed)
    contents = {f"f{i:03}": f"category={chance.choice(['noisy', 'clean'])} sleep=0.3 file{i}" for i in range(files)}
    waiting, done = list(contents), {"daemon": 0, "worker": 0, "both": 0}
    Folders(root).make()
    daemon = Daemon(root)
    for _ in range(count):
        for name in waiting[: 1 + files // count]:
            (root / "gifs" / f"{name}.gif").write_text(contents[name])
            waiting.remove(name)
        time.sleep(chance.uniform(0.05, 1.5))
        victim = chance.choice(list(done))
        done[victim] += 1
        workers = daemon.workers()
        if victim != "worker":
            daemon.process.kill()
        if victim != "daemon":
            for worker in workers:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
        if victim != "worker":
            daemon.process.wait()
            daemon = Daemon(root)
    for name in waiting:
        (root / "gifs" / f"{name}.gif").write_text(contents[name])
    wait_until(lambda: ask(root, "SELECT count(*) FROM jobs WHERE state = 'done'") == files, 60 + 2 * files)
    daemon.stop()
    attempts = ask(root, "SELECT sum(attempt) FROM jobs")
    return {"kills": done, "files": files, "attempts": attempts, "faults": faults_found(root, contents)}


def burst(root: Path, files: int, writers: int) -> dict[str, object]:
    """Many processes write many files at once; each must be found, none twice, with the memory flat."""
    Folders(root).make()
    daemon = Daemon(root)
    wait_until(lambda: ask(root, "SELECT count(*) FROM events") > 0, 20)
    before_mb = daemon.own_usage()[0]
    script = "import sys, pathlib\nfor i in range(int(sys.argv[2])):\n    name = f'{sys.argv[1]}-{i}.gif'\n"
    script += "    pathlib.Path(name).write_text(name)"
    start = time.monotonic()
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(root / "gifs" / f"w{w}"), str(files // writers)])
        for w in range(writers)
    ]
    for process in processes:
        process.wait()
    written_s, peak_mb = time.monotonic() - start, 0.0

    def all_found() -> bool:
        nonlocal peak_mb
        peak_mb = max(peak_mb, daemon.own_usage()[0])
        return ask(root, "SELECT count(*) FROM jobs") >= files

    wait_until(all_found, 300)
    found_s = time.monotonic() - start
    daemon.stop()
    rows = ask(root, "SELECT count(*) FROM jobs")
    unique = ask(root, "SELECT count(DISTINCT dropped_path) FROM jobs")
    faults = [] if rows == unique == files else [f"{rows} jobs for {unique} of {files} files"]
    return {
        "files": files,
        "written_s": round(written_s, 1),
        "found_s": round(found_s, 1),
        "before_mb": round(before_mb),
        "peak_mb": round(peak_mb),
        "faults": faults,
    }


def idle(root: Path, files: int, seconds: float) -> dict[str, object]:
    """CPU and memory of a daemon that knows many files, and what one rescan of them takes."""
    folders = Folders(root)
    folders.make()
    Daemon(root, "once").process.wait()
    with contextlib.closing(open_for_writing(folders.catalogue)) as db:
        db.execute("BEGIN")
        for i in range(files):
            folder = folders.gifs / "clean" / f"{i // 1000:03}"
            folder.mkdir(exist_ok=True)
            file = folder / f"some-clip-with-a-name-{i:06}.gif"
            file.touch()
            text, mtime = folders.relative(file), file.stat().st_mtime_ns
            db.execute("INSERT INTO files VALUES (?, ?, 0, ?, 'dropped')", (text, f"{i:064x}", mtime))
        db.execute("COMMIT")
    daemon = Daemon(root, level="debug")
    wait_until(lambda: len(daemon.rescans()) > 0, 60)
    start_mb, start_cpu = daemon.own_usage()
    time.sleep(seconds)
    end_mb, end_cpu = daemon.own_usage()
    (folders.gifs / "new-folder").mkdir()  # which is followed by a rescan
    wait_until(lambda: len(daemon.rescans()) > 1, 300)
    (first_s, _), (later_s, later_cpu_s) = daemon.rescans()[0], daemon.rescans()[-1]
    daemon.stop()
    between_s = max(120.0, later_cpu_s * 300)
    cpu = (end_cpu - start_cpu) / seconds + later_cpu_s / between_s
    return {
        "files": files,
        "resident_mb": round(end_mb),
        "grown_mb": round(end_mb - start_mb, 1),
        "first_scan_s": first_s,
        "rescan_s": later_s,
        "rescan_cpu_s": later_cpu_s,
        "rescan_every_s": round(between_s),
        "core_percent_rescans_included": round(100 * cpu, 3),
        "faults": ["known files were taken as new"] if ask(root, "SELECT count(*) FROM jobs") else [],
    }


def faults(root: Path, rounds: int, seed: int = 0) -> dict[str, object]:
    """Arrivals, faults, vanished folders and restarts in turn; each round stands for an hour."""
    chance, folders = random.Random(seed), Folders(root)
    folders.make()
    good: dict[str, str] = {}
    bad: list[str] = []
    daemon = Daemon(root, rescan_s=1)
    for number in range(rounds):
        for i in range(chance.randrange(4)):
            name = f"r{number:03}_{i}"
            kind = chance.choice(["", "", "", "once=OutOfMemory", "once=NoSpace", "errno", "bad"])
            if kind == "bad":
                bad.append(name)
                (folders.gifs / f"{name}.gif").write_text(f"raise=Unreadable {name}")
            else:
                good[name] = f"{kind} {name}" if kind != "errno" else f"once=OSError {name}"
                (folders.gifs / f"{name}.gif").write_text(good[name])
        event = chance.choice(["nothing", "nothing", "stop", "kill", "unmount", "read-only", "touch"])
        if event in ("stop", "kill"):
            daemon.process.kill() if event == "kill" else daemon.stop()
            daemon.process.wait()
            daemon = Daemon(root, rescan_s=1)
        elif event == "unmount":
            folders.gifs.rename(root / "unmounted")
            time.sleep(1)
            (root / "unmounted").rename(folders.gifs)
        elif event == "read-only":
            folders.outputs.rename(root / "elsewhere")
            time.sleep(0.7)
            (root / "elsewhere").rename(folders.outputs)
        elif event == "touch":
            for file in folders.gifs.rglob("*.gif"):
                file.touch()
        time.sleep(chance.uniform(0.1, 1.0))
    ended = "SELECT count(*) FROM jobs WHERE state IN ('done', 'quarantined')"
    wait_until(lambda: ask(root, ended) >= len(good) + len(bad), 120)
    daemon.stop()
    found = faults_found(root, good, len(bad))
    found += [f"{name} is not in quarantine" for name in bad if not (folders.quarantine / f"{name}.gif").exists()]
    return {"rounds": rounds, "good": len(good), "bad": len(bad), "faults": found}


def main() -> int:
    """Run what was asked for, each in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["kills", "burst", "idle", "faults", "all"])
    parser.add_argument("--short", action="store_true", help="a few minutes for all")
    parser.add_argument("--kills", type=int)
    parser.add_argument("--files", type=int)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--rounds", type=int)
    given = parser.parse_args()
    short = given.short
    runs: dict[str, Callable[[Path], dict[str, object]]] = {
        "kills": lambda root: kills(root, given.kills or (20 if short else 500), given.files or 50),
        "burst": lambda root: burst(root, given.files or (4000 if short else 20_000), given.writers),
        "idle": lambda root: idle(root, given.files or (20_000 if short else 100_000), given.seconds or 60),
        "faults": lambda root: faults(root, given.rounds or (12 if short else 72)),
    }
    wrong = False
    for name in runs if given.what == "all" else [given.what]:
        root = Path(tempfile.mkdtemp(prefix=f"soak-{name}-"))
        result = runs[name](root)
        print(json.dumps({"soak": name} | result), flush=True)
        wrong |= bool(result["faults"])
        if not result["faults"]:
            shutil.rmtree(root)
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
