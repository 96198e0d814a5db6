"""The whole daemon: assembles the parts for one data root and runs until it is stopped."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial

from daemon.catalogue import drops, is_temporary, open_for_reading
from daemon.execution.bell import Bell
from daemon.execution.executor import Executor
from daemon.execution.local import LocalExecutor
from daemon.folders import Folders, to_text
from daemon.inbox.inbox import Inbox, Known
from daemon.service import telemetry
from daemon.service.lock import Refused, hold, refuse_overlaps
from daemon.service.recovery import at_once, hold_catalogue, patiently
from daemon.service.signals import Alarm
from daemon.service.supervisor import Supervisor
from daemon.settings.config import Config

__all__ = ["Refused", "run"]

Reload = Callable[[], Config | None]
MakeExecutor = Callable[[Bell], Executor]

_EXECUTORS: dict[str, MakeExecutor] = {"local": LocalExecutor}


def run(
    config: Config, once: bool = False, reload: Reload | None = None, make_executor: MakeExecutor | None = None
) -> int:
    """Watch `config.data_root` until SIGTERM or Ctrl-C; with `once`, until nothing is left to do.

    SIGHUP calls `reload` and goes on with what it returns, if anything. `make_executor` overrides the setting
    `executor`. Returns 0, or with `once` 1 if a file failed. Raises `Refused` if another daemon holds the data
    root, its folders overlap, the metrics' port is taken, the catalogue's file was lost or, with `once`, is locked.
    """
    telemetry.set_up(config.log)
    with Alarm() as alarm:
        start = partial(_run, config, once, reload, make_executor or _EXECUTORS[config.executor], alarm)
        return at_once(start) if once else patiently(start, alarm)


def _run(config: Config, once: bool, reload: Reload | None, make_executor: MakeExecutor, alarm: Alarm) -> int:
    sys.setswitchinterval(0.0005)  # the inbox makes ten short system calls per file, and waits for the GIL after each
    folders = Folders(config.data_root.absolute())
    _make(folders)
    refuse_overlaps(folders)
    with ExitStack() as stack:
        root_lock = stack.enter_context(hold(folders))
        presence = stack.enter_context(hold_catalogue(folders))
        inbox = Inbox(folders, config.watch, partial(_known, folders), alarm.ring)
        supervisor = Supervisor(config, folders, root_lock, presence.db, inbox, alarm, make_executor(alarm), reload)
        supervisor.upkeep.presence = presence
        supervisor.outcomes.metrics = telemetry.serve_metrics(config.metrics, folders)
        stack.callback(supervisor.stop)
        stack.callback(supervisor.upkeep.verification.stop)
        supervisor.start()
        if once:
            _fetch(supervisor, alarm)
        supervisor.loop(once)
        if once:
            _verify(supervisor, alarm)
        return int(once and supervisor.outcomes.failed)


def _make(folders: Folders) -> None:
    """Create the folders. Raises Refused if that can't work, OSError if it may work later."""
    try:
        folders.make()
    except OSError as error:
        if is_temporary(error):
            raise
        raise Refused(f"{folders.root} can't be made or used: {error}; choose another data_root") from error


def _fetch(supervisor: Supervisor, alarm: Alarm) -> None:
    """Wait for missing weights: this run ends when its files are done, so later weights would be of no use."""
    supervisor.upkeep.fetching.tick(supervisor.config)
    while supervisor.upkeep.fetching.at_work and not alarm.stopping:
        alarm.wait(0.2)


def _verify(supervisor: Supervisor, alarm: Alarm) -> None:
    """Wait for the engine's verification, which is due once: it would not outlive this run."""
    verification = supervisor.upkeep.verification
    verification.tick(supervisor.config)
    while verification.at_work and not alarm.stopping:
        alarm.wait(0.2)
        verification.tick(supervisor.config)


@contextmanager
def _known(folders: Folders) -> Iterator[Known]:
    """Give the inbox's thread a query for known files, over a separate connection."""
    with closing(open_for_reading(folders.catalogue)) as db:
        yield lambda path, size_bytes, mtime_ns: drops.is_known(db, to_text(path), size_bytes, mtime_ns)
