"""kill -9 of the daemon, its worker or both: at random moments, and at every named step."""

import time
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random

from benchmarks.soak.ends import Dropped, faults_of, some_files
from benchmarks.soak.process import Daemon, ask, wait_until
from benchmarks.soak.stand_in import Options, Victim
from daemon.folders import Folders
from daemon.steps import STEPS

VICTIMS: tuple[Victim, ...] = ("daemon", "worker", "both")
BEGUN = "SELECT count(*) FROM jobs WHERE state = 'running'"
DONE = "SELECT count(*) FROM jobs WHERE state = 'done'"


def drop(root: Path, file: Dropped) -> None:
    """Write a file as anybody would."""
    (root / file.path).write_text(file.text)


def at_random(folder: Path, kills: int, files: int, seed: int = 0) -> dict[str, object]:
    """Data roots of `files` files one after another, each with kills until all its files are done, until there were
    enough kills; says which step each kill came after."""
    chance, faults, victims, after = Random(seed), list[str](), Counter[str](), Counter[str]()
    rounds = attempts = 0
    while sum(victims.values()) < kills:
        rounds, root = rounds + 1, folder / f"random{rounds}"
        faults += _round(root, files, chance, victims, after)
        attempts += ask(root, "SELECT sum(attempt) FROM jobs")
    return {
        "kills": dict(victims),
        "rounds": rounds,
        "files_a_round": files,
        "attempts": attempts,
        "after_step": dict(after),
        "faults": faults,
    }


def _round(root: Path, files: int, chance: Random, victims: Counter[str], after: Counter[str]) -> list[str]:
    Folders(root).make()
    trace = root.with_suffix(".step")
    options = Options(str(root), workers=chance.choice([1, 2]), trace=str(trace))
    dropped = some_files(files, chance, "sleep=0.2")
    waiting, daemon = list(dropped), Daemon(options)
    while waiting or ask(root, DONE) < len(dropped):
        for file in waiting[:3]:
            drop(root, file)
        del waiting[:3]
        time.sleep(chance.uniform(0.0, 3.0))
        victim = chance.choice(VICTIMS)
        victims[victim] += 1
        after[trace.read_text().strip() if trace.exists() else "starting"] += 1
        daemon.kill(victim)
        if victim != "worker":
            trace.unlink(missing_ok=True)
            daemon = Daemon(options)
    wait_until(lambda: daemon.is_ready, 30)  # it clears up after a kill at the very end
    daemon.stop()
    return [f"{root.name}: {fault}" for fault in faults_of(root, dropped)]


def at_every_step(folder: Path, files: int, seed: int = 0) -> dict[str, object]:
    """For every step and victim a data root of its own, with kills at some of the times that the step is taken."""
    chance, faults, kills = Random(seed), list[str](), Counter[str]()
    for step in STEPS:
        for victim in VICTIMS:
            root = folder / f"{step}-{victim}"
            found = _cut(root, step, victim, files, chance)
            tally = root.with_suffix(".killed")
            kills[f"{step} {victim}"] = tally.stat().st_size if tally.exists() else 0
            faults += [f"{root.name}: {fault}" for fault in found]
    faults += [f"never killed: {which}" for which, count in kills.items() if not count]
    return {"files_a_step_and_victim": files, "kills": dict(kills), "faults": faults}


def _cut(root: Path, step: str, victim: Victim, files: int, chance: Random) -> list[str]:
    """The first kill comes when the step is taken the first time, each later one so much later that work gets done."""
    Folders(root).make()
    dropped = some_files(files, chance)
    half, first = max(1, files // 10), 2 if victim == "worker" else 1  # a worker is started for the first file
    waiting, nth, killed = list(dropped), first, str(root.with_suffix(".killed"))
    while waiting or ask(root, DONE) < len(dropped):
        nth = first if waiting else 2 * nth + chance.randint(0, 3)
        now, meanwhile, waiting = waiting[:half], waiting[half : 2 * half], waiting[2 * half :]
        for file in now:
            drop(root, file)
        daemon = Daemon(Options(str(root), once=True, kill=step, nth=nth, victim=victim, killed=killed))
        wait_until(partial(_has_begun, root, daemon), 30)
        for file in meanwhile:
            drop(root, file)
        daemon.process.wait(300)
    Daemon(Options(str(root), once=True)).process.wait(300)  # it clears up after a kill at the very end
    return faults_of(root, dropped)


def _has_begun(root: Path, daemon: Daemon) -> bool:
    """A worker is at work, or the daemon has ended."""
    return ask(root, BEGUN) > 0 or daemon.process.poll() is not None
