"""Three days, each hour a few seconds long: arrivals, faults, full disks, vanished mounts, restarts.

The data root lies on a small file system in memory, `raw_videos` on another one. What the daemon does by the minute or
hour is shortened alike, down to what a process needs to start and answer (lease 3 s, rescan 0.5 s).
"""

import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from random import Random

from benchmarks.soak.arrivals import World
from benchmarks.soak.ends import faults_of
from benchmarks.soak.process import ask, wait_until
from benchmarks.soak.stand_in import Options
from benchmarks.soak.troubles import FULL, TROUBLES, Host, mount
from daemon.folders import Folders

HOUR_S = 8.0
DISK_MB, SHARE_MB = 192, 32
STOP_S = 5.0
WATCHDOG_S = 60.0  # a third of what the unit allows
UNENDED = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'publishing')"


def hours(folder: Path, count: int, seed: int = 0) -> dict[str, object]:
    """In every hour files arrive, and something may go wrong for a part of it."""
    host, chance = _host(folder, seed), Random(seed)
    world, troubles = host.world, Counter[str]()
    queue = [t for _ in range(1 + count // len(TROUBLES)) for t in chance.sample(TROUBLES, len(TROUBLES))]
    for trouble in queue[:count]:
        troubles[trouble.__name__] += 1
        _live(host, chance.uniform(0.1, 0.5), arrivals=chance.randrange(5))
        with trouble(host):
            _live(host, chance.uniform(0.2, 0.9), arrivals=None if trouble in FULL else chance.randrange(4))
        _live(host, chance.uniform(0.1, 0.3), arrivals=chance.randrange(2))
        host.look()
        host.faults += _torn(host)
    while world.later:
        _live(host, 0.2, arrivals=0)
    wait_until(lambda: _ended(host), 180)
    host.end_daemon()
    told = _told(host, count, troubles)
    shutil.copy(host.folders.catalogue, folder)  # to look at, where something was wrong
    for path in (world.root, host.share):
        subprocess.run(["umount", "--lazy", "--recursive", path], check=True)
    return told


def _told(host: Host, count: int, troubles: Counter[str]) -> dict[str, object]:
    world = host.world
    return {
        "hours": count,
        "hour_s": HOUR_S,
        "arrivals": dict(world.told),
        "troubles": dict(troubles),
        "restored": len(world.good),
        "quarantined": len(world.bad),
        "duplicates": world.copies.total(),
        "attempts": ask(world.root, "SELECT sum(attempt) FROM jobs"),
        "peak_mb": round(host.peak_mb),
        "longest_stop_s": round(host.stopped_s, 1),
        "longest_silence_s": round(host.gap_s, 1),
        "faults": [*host.faults, *_faults(host)],
    }


def _host(folder: Path, seed: int) -> Host:
    root, share = folder / "root", folder / "share"
    for path, size_mb in ((root, DISK_MB), (share, SHARE_MB)):
        path.mkdir()
        mount("-t", "tmpfs", "-o", f"size={size_mb}m", "none", path)
    Folders(root).make()
    mount("--bind", share, root / "raw_videos")
    options = Options(str(root), settle_s=0.1, rescan_s=0.5, max_attempts=4, lease_s=3.0, min_free_mb=8, hour_s=HOUR_S)
    return Host(World(root, Random(seed + 1)), options, share)


def _live(host: Host, share: float, arrivals: int | None) -> None:
    """A share of an hour passes, with so many arrivals; None where nobody can write."""
    end, world = time.monotonic() + share * HOUR_S, host.world
    for _ in range(arrivals or 0):
        world.after(world.chance.uniform(0, share * HOUR_S), world.arrive)
    while time.monotonic() < end:
        if arrivals is not None:
            world.do_what_is_due()
        time.sleep(0.05)


def _ended(host: Host) -> bool:
    wanted = ", ".join(f"'{hash}'" for hash in {file.hash for file in host.world.good})
    done = ask(host.world.root, f"SELECT count(*) FROM jobs WHERE state = 'done' AND hash IN ({wanted})")
    return done >= len(host.world.good) and not ask(host.world.root, UNENDED)


def _torn(host: Host) -> list[str]:
    """Results that somebody would read now and not find whole."""
    known = {file.text for file in host.world.good} | host.world.others
    texts = ((path, path.read_text()) for path in host.folders.outputs.iterdir())
    return [f"{path} is not whole" for path, text in texts if text.partition(":")[2].partition(":")[2] not in known]


def _faults(host: Host) -> list[str]:
    world, quarantine = host.world, host.folders.quarantine
    found = faults_of(world.root, world.good, frozenset(world.others), world.copies)
    kept = Counter(path.read_text() for path in quarantine.glob("*.gif"))
    reasons = sum(1 for path in quarantine.glob("*.gif.txt") if "What to do: " in path.read_text())
    found += [f"{file.path} lies in quarantine {kept[file.text]} times" for file in world.bad if kept[file.text] != 1]
    found += [] if reasons == len(world.bad) else [f"{reasons} reasons for {len(world.bad)} files in quarantine"]
    junk = ask(world.root, "SELECT count(*) FROM jobs WHERE name LIKE '%junk%'")
    found += [f"{junk} jobs of what is no file to be taken"] if junk else []
    found += [f"a stop took {host.stopped_s:.1f} s"] if host.stopped_s > STOP_S else []
    return found + ([f"no sign of life for {host.gap_s:.0f} s"] if host.gap_s > WATCHDOG_S else [])
