"""The supervisor: takes the files that the inbox finds, has them restored, and publishes and records the results."""

import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog

from daemon.catalogue import is_temporary, ledger, publications
from daemon.execution.errors import CallFailed, Stopped, WorkerDied
from daemon.execution.executor import Event, Executor, Failed, Progress, TaskKey
from daemon.folders import Folders
from daemon.inbox.inbox import BATCH, Inbox
from daemon.inbox.intake import admit
from daemon.jobs import Job
from daemon.service import systemd
from daemon.service.attempts import Attempt, task_of
from daemon.service.lock import Hold
from daemon.service.outcomes import LONGEST_WAIT_S, Outcomes
from daemon.service.recovery import GONE, UNWRITTEN, Interruption, clear_up, recover, remedy_of_gone
from daemon.service.signals import Alarm
from daemon.service.upkeep import Upkeep
from daemon.settings.config import Config
from daemon.settings.reload import taken_over
from daemon.steps import reached
from pipeline.errors import PipelineError
from pipeline.report import ClipReport

log = structlog.get_logger()
TICK_S = 1.0
BEAT_S = 2.0
IDLE_WORKER_S = 600.0  # how long a warm model is kept for the next file
EXPECTED = (PipelineError, OSError, Stopped, WorkerDied, CallFailed)


class Supervisor:
    """The main loop: claims jobs, gives them to an executor, publishes results. It alone writes the catalogue."""

    def __init__(
        self,
        config: Config,
        folders: Folders,
        hold: Hold,
        db: sqlite3.Connection,
        inbox: Inbox,
        alarm: Alarm,
        executor: Executor,
        reload: Callable[[], Config | None] | None = None,
    ) -> None:
        self.config, self.folders, self.db, self.inbox, self.alarm = config, folders, db, inbox, alarm
        self.outcomes = Outcomes(db, folders, config, inbox.mounts)
        self.hold, self.executor = hold, executor
        self.attempts: dict[TaskKey, Attempt] = {}
        self.upkeep = Upkeep(db, folders, inbox)
        self._events: deque[Event] = deque()
        self.interruption = Interruption()
        self._reload, self._next_tick = reload, 0.0

    def start(self) -> None:
        """Clean up after an earlier daemon, and start to watch."""
        recover(self.db, self.folders, max(LONGEST_WAIT_S, self.config.jobs.retry_seconds))
        self.upkeep.expire(self.config)
        self.inbox.start()
        ledger.record_event(self.db, "started", detail=f"process {os.getpid()}")
        systemd.notify("READY=1", "STATUS=watching")
        log.info("watching", data_root=str(self.folders.root), workers=self.config.workers)

    def loop(self, once: bool) -> None:
        """Run until asked to stop; with `once`, until nothing is left to do. Raises CatalogueLost."""
        while not self.alarm.stopping:
            if not self.hold.is_there():
                self._leave_data_root()
                if once:
                    return
                continue
            try:
                self.upkeep.require_catalogue()
                self._start_work()
                if once and self._has_finished():
                    return
                self._await_events()
            except sqlite3.OperationalError as error:  # a full disk, or a program that locks the file: both pass
                self._await_catalogue(error)
            except OSError:  # the data root may have been renamed in between
                if self.hold.is_there():
                    raise

    def stop(self) -> None:
        """Stop the inbox and the executor, and queue the running jobs again."""
        systemd.notify("STOPPING=1")
        self.inbox.stop()
        self._give_back_jobs("the daemon was stopped")
        self.executor.close()
        if self.inbox.is_alive():
            self.inbox.join(timeout=3)
        with suppress(sqlite3.OperationalError):
            ledger.record_event(self.db, "stopped")
        log.info("stopped")

    def _give_back_jobs(self, why: str) -> None:
        """Cancel the tasks and queue their jobs again."""
        for attempt in list(self.attempts.values()):
            self.executor.cancel(attempt.key)
            self._forget_attempt(attempt)
            with suppress(sqlite3.OperationalError):  # a full disk must not prevent the stop
                ledger.release_job(self.db, attempt.job, why)
            if self.hold.is_there():
                self.outcomes.clear(attempt.job)
        self._events.clear()

    def _leave_data_root(self) -> None:
        """Give all jobs back and wait a tick: the data root was renamed or unmounted, so touch nothing in it."""
        if self.interruption.begin(GONE, data_root=str(self.folders.root), remedy=remedy_of_gone(self.folders)):
            self._give_back_jobs(GONE)
        self.outcomes.failed = True
        self._report_alive()
        self.alarm.wait(TICK_S)

    def _await_catalogue(self, error: sqlite3.OperationalError) -> None:
        """Wait a tick after the catalogue could not be written. The interrupted step starts again afterwards."""
        self.interruption.begin(UNWRITTEN, error=str(error))
        if is_temporary(error):  # other errors may need a restart, which the watchdog then causes
            self._report_alive()
        self.alarm.wait(TICK_S)

    def _start_work(self) -> None:
        """Start everything that can start without waiting."""
        if self.interruption.why:
            clear_up(self.db, self.folders, [a.job for a in self.attempts.values()], self.interruption.why)
            self.interruption.end()
        if self.alarm.take_reload() and self._reload is not None and (config := self._reload()) is not None:
            self._apply_settings(config)
        while admit(self.db, self.folders, self.inbox) == BATCH:
            pass
        for job, outcome in publications.publishing_jobs(self.db):
            self._guard(job, partial(self.outcomes.publish, job, outcome))
        self._claim_jobs()

    def _await_events(self) -> None:
        """Wait for the executor's events, at most a tick, and handle them.

        An event stays in the queue until the catalogue can be written, so that a full disk loses none.
        """
        self._events.extend(self.executor.wait(0 if self._events else TICK_S))
        while self._events:
            event = self._events.popleft()
            attempt = self.attempts[event.task]
            self._guard(attempt.job, partial(self._handle_event, attempt, event))
        if time.monotonic() >= self._next_tick:
            self._next_tick = time.monotonic() + TICK_S
            self._tick()

    def _has_finished(self) -> bool:
        """Return whether no file is arriving, no job is running and none can be claimed now."""
        if not self.inbox.quiet or self.attempts or (ledger.may_claim(self.db, TICK_S) and not self.upkeep.low_on_disk):
            return False
        self.outcomes.failed |= ledger.has_unfinished_job(self.db)
        return True

    def _guard(self, job: Job, act: Callable[[], None]) -> None:
        """Call `act` for a job. If it fails, fail that job only, so that the other files are still processed."""
        try:
            act()
        except sqlite3.OperationalError:
            raise
        except publications.LostLease as lost:
            log.warning("an attempt came too late", job=job.id, error=str(lost))
            self.outcomes.clear(job)
        except Exception as error:
            if not self.hold.is_there():
                raise FileNotFoundError(GONE) from error
            if not isinstance(error, EXPECTED):
                log.exception("unexpected", job=job.id)
            self.outcomes.fail(job, error)

    def _claim_jobs(self) -> None:
        """Give each free worker a job, while there is disk space for results."""
        while len(self.attempts) < self.config.workers and self.upkeep.has_room(self.config):
            job = ledger.claim_job(self.db, self.config.jobs.lease_seconds, self.config.jobs.first)
            if job is None:
                return
            self._guard(job, partial(self._start_attempt, job))

    def _start_attempt(self, job: Job) -> None:
        """Open a job's input and pass it to the executor. If there is nothing to restore, rescan the inbox."""
        if (opened := self.outcomes.open(job)) is None:
            self.inbox.rescan()
            return
        log.info("restoring", job=job.id, path=job.path, attempt=job.attempt)
        attempt = Attempt(*opened)
        self.attempts[attempt.key] = attempt
        try:
            self.executor.start(task_of(attempt.job, self.folders, self.config), attempt.source)
        except BaseException:
            self._forget_attempt(attempt)
            raise

    def _handle_event(self, attempt: Attempt, event: Event) -> None:
        """Record progress, publish results, or raise the error with which the task failed."""
        if isinstance(event, Progress):
            if attempt.update(event.stage, event.share):
                self._record_progress(attempt)
        elif isinstance(event, Failed):
            self._forget_attempt(attempt)
            raise event.error
        else:
            self._publish_results(attempt, event.reports)

    def _publish_results(self, attempt: Attempt, reports: list[ClipReport]) -> None:
        """Publish an attempt's results, unless its input was changed meanwhile."""
        try:
            reached("restored")
            descriptor = attempt.source.fileno()
            job = self.outcomes.current(attempt.job, descriptor)
            job = job and self.outcomes.unreplaced(job, descriptor)
            if job is None:
                self.inbox.rescan()
                return
            self.outcomes.plan(job, reports)
        finally:
            self._forget_attempt(attempt)
        self.outcomes.publish(job, "done")
        self.outcomes.done(job, reports)

    def _forget_attempt(self, attempt: Attempt) -> None:
        """Remove an attempt that has ended, and close its input."""
        del self.attempts[attempt.key]
        attempt.source.close()

    def _tick(self) -> None:
        """Do the work of each second: renew the lock and the leases, do the upkeep, report to the service manager."""
        self.hold.renew()
        for attempt in list(self.attempts.values()):
            if time.monotonic() - attempt.recorded_at > BEAT_S:
                self._guard(attempt.job, partial(self._record_progress, attempt))
        self.executor.retire_idle(IDLE_WORKER_S)
        self.upkeep.tick(self.config)
        self._report_alive()

    def _record_progress(self, attempt: Attempt) -> None:
        """Record an attempt's progress, which also extends its lease."""
        attempt.recorded_at = time.monotonic()
        ledger.record_progress(self.db, attempt.job, attempt.stage, attempt.share, self.config.jobs.lease_seconds)

    def _report_alive(self) -> None:
        self.upkeep.say_alive("; ".join(f"{a.job.name}: {a.stage}, {a.share:.0%}" for a in self.attempts.values()))

    def _apply_settings(self, config: Config) -> None:
        """Apply new settings. Settings that need a restart keep their old value."""
        self.config, waiting = taken_over(self.config, config)
        self.outcomes.config, self.inbox.settings = self.config, self.config.watch
        log.info("settings reloaded")
        if waiting:
            log.warning("some settings are taken up by a restart only", settings=waiting)
