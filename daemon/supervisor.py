"""The daemon: takes what the inbox finds, has it restored, publishes and records it."""

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial

import structlog
from pydantic import TypeAdapter

from daemon import systemd, telemetry
from daemon.attempts import Attempt
from daemon.catalogue import close_catalogue, ledger, may_pass, open_for_reading, results
from daemon.catalogue.ledger import Job
from daemon.child import Answer, CallFailed, WorkerDied
from daemon.config import Config
from daemon.crew import Crew
from daemon.folders import Folders, to_text
from daemon.inbox import BATCH, Inbox, Known
from daemon.intake import admit
from daemon.lock import Refused, hold, refuse_overlaps
from daemon.outcomes import LONGEST_WAIT_S, Outcomes
from daemon.publish import sweep
from daemon.recovery import at_once, clear_up, end_waits, open_or_refuse, patiently
from daemon.retention import expire
from daemon.signals import Alarm
from daemon.steps import reached
from daemon.verdicts import Stopped
from pipeline.errors import PipelineError
from pipeline.report import ClipReport

__all__ = ["Refused", "run"]

log = structlog.get_logger()
TICK_S = 1.0
BEAT_S = 2.0
EXPIRY_S = 3600.0
PUT_BACK_S = 1.0  # what NTP takes away little by little stays below it
INBOX_PATIENCE_S = 120.0  # it hashes large files from slow disks
EXPECTED = (PipelineError, OSError, Stopped, WorkerDied, CallFailed)
_REPORTS = TypeAdapter(list[ClipReport])


def run(
    config: Config,
    once: bool = False,
    reload: Callable[[], Config | None] | None = None,
    function: str = "pipeline.run.restore_file",
) -> int:
    """Watch `config.data_root` until SIGTERM or Ctrl-C; with `once`, until nothing is left to do.

    SIGHUP calls `reload` and goes on with what it returns, if anything. `function` is the dotted name of what the
    worker calls. Returns 0, or with `once` 1 where a file failed. Raises `Refused` where another daemon holds the data
    root, its folders overlap, the metrics' port is taken or, with `once`, the catalogue can't be written now.
    """
    telemetry.set_up(config.log)
    start = partial(_run, config, once, reload, function)
    return at_once(start) if once else patiently(start)


def _run(config: Config, once: bool, reload: Callable[[], Config | None] | None, function: str) -> int:
    sys.setswitchinterval(0.0005)  # the inbox makes ten short system calls a file, and queues for the lock after each
    folders = Folders(config.data_root.absolute())
    folders.make()
    refuse_overlaps(folders)
    with ExitStack() as stack:
        stack.enter_context(hold(folders))
        db = open_or_refuse(folders)
        stack.callback(close_catalogue, db)
        alarm = stack.enter_context(Alarm())
        inbox = Inbox(folders, config.watch, partial(_known, folders), alarm.ring)
        supervisor = Supervisor(config, folders, db, inbox, alarm, function, reload)
        supervisor.outcomes.metrics = telemetry.serve_metrics(config.metrics, folders)
        stack.callback(supervisor.stop)
        supervisor.start()
        supervisor.loop(once)
        return int(once and supervisor.outcomes.failed)


@contextmanager
def _known(folders: Folders) -> Iterator[Known]:
    """What the inbox's thread asks of the ledger, through a connection of its own."""
    with closing(open_for_reading(folders.catalogue)) as db:
        yield lambda path, size_bytes, mtime_ns: ledger.known(db, to_text(path), size_bytes, mtime_ns)


def _clock_ahead() -> float:
    """How far the clock of the day is ahead of the one that nobody sets."""
    return time.time() - time.monotonic()


class Supervisor:
    """Claims jobs, has children work on them, and brings what they made to its end; the catalogue's one writer."""

    def __init__(
        self,
        config: Config,
        folders: Folders,
        db: sqlite3.Connection,
        inbox: Inbox,
        alarm: Alarm,
        function: str,
        reload: Callable[[], Config | None] | None = None,
    ) -> None:
        self.config, self.folders, self.db, self.inbox, self.alarm = config, folders, db, inbox, alarm
        self.outcomes = Outcomes(db, folders, config, inbox.mounts)
        self.crew = Crew(function, folders)
        self._reload = reload
        self._low_on_disk = self._unwritten = False
        self._next_tick = self._next_expiry = 0.0
        self._clock_ahead = _clock_ahead()

    def start(self) -> None:
        """Clear up after an earlier daemon, and begin to watch."""
        clear_up(self.db, self.folders, [], "the daemon had ended without notice")
        end_waits(self.db, max(LONGEST_WAIT_S, self.config.jobs.retry_seconds))
        for folder in (self.folders.outputs, self.folders.quarantine, *self.folders.categories):
            sweep(folder)
        self._expire()
        self.inbox.start()
        ledger.note(self.db, "started", detail=f"process {os.getpid()}")
        systemd.notify("READY=1", "STATUS=watching")
        log.info("watching", data_root=str(self.folders.root), workers=self.config.workers)

    def loop(self, once: bool) -> None:
        """Until told to stop; with `once`, until nothing is left to do."""
        while not self.alarm.stopping:
            try:
                self._take_up()
                if once and self._finished():
                    return
                self._wait()
            except sqlite3.OperationalError as error:  # a full disk, or a program that holds the file: both pass
                self._endure(error)

    def stop(self) -> None:
        """End the children and give their jobs back."""
        systemd.notify("STOPPING=1")
        self.inbox.stop()
        self.crew.retire(after_s=0)
        for attempt in list(self.crew.attempts):
            self.crew.drop(attempt)
            with suppress(sqlite3.OperationalError):  # a full disk must not keep it from stopping
                ledger.release(self.db, attempt.job, "the daemon was stopped")
            self.outcomes.clear(attempt.job)
        if self.inbox.is_alive():
            self.inbox.join(timeout=3)
        with suppress(sqlite3.OperationalError):
            ledger.note(self.db, "stopped")
        log.info("stopped")

    def _endure(self, error: sqlite3.OperationalError) -> None:
        """The catalogue could not be written: what was being done is begun anew when it can."""
        if not self._unwritten:
            log.error("the catalogue could not be written; trying again", error=str(error))
        self._unwritten = True
        if may_pass(error):  # of anything else a restart may be the cure, which the watchdog then brings
            self._say_alive()
        self.alarm.wait([], TICK_S)

    def _take_up(self) -> None:
        """Everything that can be begun without waiting."""
        if self._unwritten:
            at_work = [attempt.job for attempt in self.crew.attempts]
            clear_up(self.db, self.folders, at_work, "the catalogue could not be written")
            self._unwritten = False
            log.info("the catalogue can be written again")
        if self.alarm.take_reload() and self._reload is not None and (config := self._reload()) is not None:
            self._apply(config)
        while admit(self.db, self.folders, self.inbox) == BATCH:
            pass
        for job, outcome in results.publishing(self.db):
            self._guard(job, partial(self.outcomes.filing(job).publish, outcome))
        self._claim()

    def _wait(self) -> None:
        """Hear the children until something happens, at most a tick."""
        attempts = self.crew.by_connection()
        for ready in self.alarm.wait(list(attempts), TICK_S):
            self._guard(attempts[ready].job, partial(self._hear, attempts[ready]))
        if time.monotonic() >= self._next_tick:
            self._next_tick = time.monotonic() + TICK_S
            self._tick()

    def _finished(self) -> bool:
        """Nothing arrives, nothing is at work and nothing can be claimed now."""
        if not self.inbox.quiet or self.crew.attempts or (ledger.claimable(self.db, TICK_S) and not self._low_on_disk):
            return False
        self.outcomes.failed |= ledger.has_waiting(self.db)
        return True

    def _guard(self, job: Job, act: Callable[[], None]) -> None:
        """Whatever goes wrong with one file, the next one has its turn."""
        try:
            act()
        except sqlite3.OperationalError:
            raise
        except results.LostLease as lost:
            log.warning("an attempt came too late", job=job.id, error=str(lost))
            self.outcomes.clear(job)
        except Exception as error:
            if not isinstance(error, EXPECTED):
                log.exception("unexpected", job=job.id)
            self.outcomes.fail(job, error)

    def _claim(self) -> None:
        """Give every free worker a job, while there is disk space for its results."""
        while len(self.crew.attempts) < self.config.workers and not self._is_low_on_disk():
            job = ledger.claim(self.db, self.config.jobs.lease_seconds, self.config.jobs.first)
            if job is None:
                return
            self._guard(job, partial(self._begin, job))

    def _is_low_on_disk(self) -> bool:
        low = shutil.disk_usage(self.folders.root).free < self.config.jobs.min_free_mb << 20
        if low != self._low_on_disk:
            self._low_on_disk = low
            ledger.note(self.db, "disk_low" if low else "disk_free")
            log.warning("too little free disk space: waiting" if low else "there is free disk space again: going on")
        return low

    def _begin(self, job: Job) -> None:
        opened = self.outcomes.open(job)
        if opened is None:
            self.inbox.rescan()
            return
        log.info("restoring", job=job.id, path=job.path, attempt=job.attempt)
        self.crew.begin(*opened, self.config)

    def _hear(self, attempt: Attempt) -> None:
        try:
            answer = attempt.hear()
        except WorkerDied:
            self.crew.drop(attempt)
            raise
        if answer is not None:
            self._complete(attempt, answer)
        elif not attempt.told_at:
            self._tell(attempt)

    def _complete(self, attempt: Attempt, answer: Answer) -> None:
        """An attempt has ended: publish what it made, unless the file was changed meanwhile."""
        try:
            if answer.error is not None:
                raise answer.error
            reports = _REPORTS.validate_python(answer.result)
            reached("restored")
            job = self.outcomes.current(attempt.job, attempt.descriptor)
            if job is None or self.outcomes.replaced(job, attempt.descriptor):
                self.inbox.rescan()
                return
            filing = self.outcomes.filing(job)
            filing.plan_results(reports)
        finally:
            self.crew.end(attempt, answer)
        filing.publish("done")
        self.outcomes.done(job, reports)

    def _tick(self) -> None:
        """Once a second: see that the children are well, and say that this process is."""
        for attempt in list(self.crew.attempts):
            self._guard(attempt.job, partial(self._check, attempt))
        self.crew.retire()
        self._mind_clock()
        if time.monotonic() >= self._next_expiry:
            self._expire()
        self._say_alive()

    def _mind_clock(self) -> None:
        """Where the machine's clock was put back, no job waits for a time that it has shown before."""
        ahead = _clock_ahead()
        if ahead < self._clock_ahead - PUT_BACK_S:
            end_waits(self.db, 0.0)
        self._clock_ahead = ahead

    def _say_alive(self) -> None:
        """Tell the service manager, while the inbox is alive too."""
        if self.inbox.is_alive() and time.monotonic() - self.inbox.beat < INBOX_PATIENCE_S:
            systemd.notify("WATCHDOG=1", f"STATUS={self._status()}")

    def _expire(self) -> None:
        """Remove what was kept long enough; whatever goes wrong with that, the work goes on."""
        self._next_expiry = time.monotonic() + EXPIRY_S
        try:
            expire(self.db, self.folders, self.config.retention)
        except sqlite3.OperationalError:
            raise
        except Exception:
            log.exception("what was kept long enough could not be removed; trying again", in_s=EXPIRY_S)

    def _check(self, attempt: Attempt) -> None:
        try:
            attempt.check(self.config)
        except Stopped:
            self.crew.drop(attempt)
            raise
        if time.monotonic() - attempt.told_at > BEAT_S:
            self._tell(attempt)

    def _tell(self, attempt: Attempt) -> None:
        """Write down how far an attempt is, which extends its lease."""
        attempt.told_at = time.monotonic()
        ledger.beat(self.db, attempt.job, attempt.stage, attempt.share, self.config.jobs.lease_seconds)

    def _status(self) -> str:
        if self._low_on_disk:
            return "waiting for free disk space"
        at_work = [f"{a.job.name}: {a.stage}, {a.share:.0%}" for a in self.crew.attempts]
        return "; ".join(at_work) or "watching"

    def _apply(self, config: Config) -> None:
        """Take up new settings; those that a running process can't change stay as they were."""
        kept = {name: getattr(self.config, name) for name in ("data_root", "workers", "metrics", "log")}
        kept["watch"] = replace(config.watch, method=self.config.watch.method)
        self.config = self.outcomes.config = replace(config, **kept)
        self.inbox.settings = self.config.watch
        log.info("settings reloaded")
        if waiting := [name for name, value in kept.items() if value != getattr(config, name)]:
            named = ["watch.method" if name == "watch" else name for name in waiting]
            log.warning("some settings are taken up by a restart only", settings=named)
