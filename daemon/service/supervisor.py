"""Takes what the inbox finds, has it restored, publishes and records it."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

import structlog

from daemon.catalogue import ledger, may_pass, publications
from daemon.execution.attempts import Attempt
from daemon.execution.child import Answer
from daemon.execution.crew import Crew
from daemon.execution.errors import CallFailed, Stopped, WorkerDied
from daemon.folders import Folders
from daemon.inbox.inbox import BATCH, Inbox
from daemon.inbox.intake import admit
from daemon.jobs import Job
from daemon.publishing.publish import sweep
from daemon.report_codec import from_values
from daemon.service import systemd
from daemon.service.outcomes import LONGEST_WAIT_S, Outcomes
from daemon.service.recovery import clear_up, end_waits
from daemon.service.signals import Alarm
from daemon.service.upkeep import Upkeep
from daemon.settings.config import Config
from daemon.steps import reached
from pipeline.errors import PipelineError
from pipeline.report import ClipReport

log = structlog.get_logger()
TICK_S = 1.0
BEAT_S = 2.0
EXPECTED = (PipelineError, OSError, Stopped, WorkerDied, CallFailed)


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
        self.upkeep = Upkeep(db, folders, inbox)
        self._unwritten = False
        self._next_tick = 0.0

    def start(self) -> None:
        """Clear up after an earlier daemon, and begin to watch."""
        clear_up(self.db, self.folders, [], "the daemon had ended without notice")
        end_waits(self.db, max(LONGEST_WAIT_S, self.config.jobs.retry_seconds))
        for folder in (self.folders.outputs, self.folders.quarantine, *self.folders.categories):
            sweep(folder)
        self.upkeep.expire(self.config)
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
        for job, outcome in publications.publishing(self.db):
            self._guard(job, partial(self.outcomes.publish, job, outcome))
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
        if (
            not self.inbox.quiet
            or self.crew.attempts
            or (ledger.claimable(self.db, TICK_S) and not self.upkeep.low_on_disk)
        ):
            return False
        self.outcomes.failed |= ledger.has_waiting(self.db)
        return True

    def _guard(self, job: Job, act: Callable[[], None]) -> None:
        """Whatever goes wrong with one file, the next one has its turn."""
        try:
            act()
        except sqlite3.OperationalError:
            raise
        except publications.LostLease as lost:
            log.warning("an attempt came too late", job=job.id, error=str(lost))
            self.outcomes.clear(job)
        except Exception as error:
            if not isinstance(error, EXPECTED):
                log.exception("unexpected", job=job.id)
            self.outcomes.fail(job, error)

    def _claim(self) -> None:
        """Give every free worker a job, while there is disk space for its results."""
        while len(self.crew.attempts) < self.config.workers and self.upkeep.has_room(self.config):
            job = ledger.claim(self.db, self.config.jobs.lease_seconds, self.config.jobs.first)
            if job is None:
                return
            self._guard(job, partial(self._begin, job))

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
            reports = from_values(answer.result, list[ClipReport])
            reached("restored")
            job = self.outcomes.current(attempt.job, attempt.descriptor)
            if job is None or self.outcomes.replaced(job, attempt.descriptor):
                self.inbox.rescan()
                return
            self.outcomes.plan(job, reports)
        finally:
            self.crew.end(attempt, answer)
        self.outcomes.publish(job, "done")
        self.outcomes.done(job, reports)

    def _tick(self) -> None:
        """Once a second: see that the children are well, and say that this process is."""
        for attempt in list(self.crew.attempts):
            self._guard(attempt.job, partial(self._check, attempt))
        self.crew.retire()
        self.upkeep.tick(self.config)
        self._say_alive()

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

    def _say_alive(self) -> None:
        at_work = [f"{a.job.name}: {a.stage}, {a.share:.0%}" for a in self.crew.attempts]
        self.upkeep.say_alive("; ".join(at_work) or "watching")

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
