"""`gifrestored status`: prints what is waiting, running, done and failed."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeVar

from typer import echo, style

from daemon.catalogue import open_for_reading
from daemon.catalogue.reading.status import FailedJob, RunningJob, Status, read_status
from daemon.folders import Folders, from_text, shown
from daemon.jobs import STATES
from daemon.settings.config import Config
from daemon.verification.record import REMEDY, remembered, sentence, weights_in_use

Name = TypeVar("Name", bound=str)


def show(config: Config, as_json: bool) -> int:
    """Print the state of the data root. Raises FileNotFoundError if there is no catalogue yet."""
    folders = Folders(config.data_root)
    with closing(open_for_reading(folders.catalogue)) as db:
        status = read_status(db)
    if as_json:
        where = {"data_root": str(folders.root), "daemon": running_daemon(folders), "idle": status.idle}
        weights = weights_in_use(config)
        comparison = weights and remembered(config, weights)
        engine = {"engine": dataclasses.asdict(comparison) if comparison else None}
        print(json.dumps(where | engine | dataclasses.asdict(status), indent=2))
    else:
        for line in (*_status_lines(folders, status), *_engine_lines(config)):
            echo(line)
    return 0


def running_daemon(folders: Folders) -> str | None:
    """Return the description that the running daemon wrote into its lock file, or None if none is running.

    The kernel's list of locks is read instead of trying the lock, which could keep out a daemon that is just starting.
    """
    try:
        locks = [line.split() for line in Path("/proc/locks").read_text().splitlines() if "FLOCK" in line]
    except OSError:
        return None
    for path in (folders.lock, folders.root):  # the file is away for a moment where somebody has removed it
        with suppress(OSError):
            inode = path.stat().st_ino
            if holder := next((lock[4] for lock in locks if lock[5].endswith(f":{inode}")), None):
                return _holder(folders) or f"process {holder}"
    return None


def _holder(folders: Folders) -> str:
    with suppress(OSError):
        return folders.lock.read_text(errors="replace").strip()
    return ""


def _status_lines(folders: Folders, status: Status) -> Iterator[str]:
    daemon = running_daemon(folders)
    yield style(shown(str(folders.root)), bold=True)
    yield f"daemon       {shown(daemon) if daemon else style('not running', fg='yellow')}"
    yield f"jobs         {_counts(status.states, STATES) or 'none yet'}{_oldest_wait(status)}"
    if status.categories:
        yield f"clips        {_counts(status.categories, tuple(status.categories))}"
    for job in status.running:
        at = f"{job.stage} {job.share:.0%}, attempt {job.attempt}"
        now = f"for {duration(job.running_s)}" if daemon else "interrupted; it will be tried again at the next start"
        yield f"{'running     ' if daemon else 'interrupted '} {_job(job, 'cyan')}: {at}, {now}"
    for failure in status.failures:
        yield f"{failure.state:<12} {_job(failure, 'red')}: {shown(failure.error or '')}"
        if failure.remedy:
            yield f"             → {shown(failure.remedy)}"
    if status.fallback:
        clips = style(f"{status.fallback_clips} clips restored without GFPGAN", fg="yellow")
        yield f"fallback     {clips}: {shown(status.fallback)}"
        yield "             → then `gifrestored retry --fallback` restores them again"


def _job(job: RunningJob | FailedJob, colour: str) -> str:
    return style(f"#{job.id} {shown(from_text(job.path))}", fg=colour)


def _engine_lines(config: Config) -> Iterator[str]:
    """Say whether our engine was verified against the gfpgan package; yield nothing if it is not used."""
    weights = weights_in_use(config)
    if weights is None:
        return
    comparison = remembered(config, weights)
    if comparison is None:
        yield "engine       not verified yet: `gifrestored run` will do it, `gifrestored models verify` does it now"
    elif comparison.equal:
        yield f"engine       verified: {sentence(comparison)}"
    else:
        yield f"engine       {style(sentence(comparison), fg='red')}"
        yield f"             → {REMEDY}"


def _counts(counts: Mapping[Name, int], order: tuple[Name, ...]) -> str:
    return ", ".join(f"{counts[name]} {name}" for name in order if counts.get(name))


def _oldest_wait(status: Status) -> str:
    return "" if status.oldest_queued_s is None else f" (the oldest has waited for {duration(status.oldest_queued_s)})"


def duration(seconds: float) -> str:
    """Format a time for people: 42 s, 5 min, 3 h, 2 days."""
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"
