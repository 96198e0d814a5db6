"""The ways in which a job's attempt ends: published, retried, quarantined, gone or superseded."""

import io
import os
import shutil
import sqlite3
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from daemon.catalogue import ledger
from daemon.digests import digest, digest_of
from daemon.folders import Folders
from daemon.inbox.arrivals import mtime_ns, open_input
from daemon.inbox.mounts import Mounts
from daemon.jobs import Job, Outcome, Verdict
from daemon.publishing.filing import Filing
from daemon.publishing.planning import Planning
from daemon.publishing.publish import make_again
from daemon.publishing.quarantined import remove_older_copies
from daemon.service.verdicts import judge, unopenable
from daemon.settings.config import Config
from daemon.steps import reached
from pipeline.report import ClipReport

if TYPE_CHECKING:
    from daemon.service.metrics import Metrics  # loaded only if metrics are on: it costs the idle daemon 8 MB

log = structlog.get_logger()
LONGEST_WAIT_S = 3600.0
_MOST_DOUBLINGS = 32  # publishing is retried without limit, and 2**1100 overflows a float


@dataclass(slots=True)
class Outcomes:
    """The handling of finished attempts in one data root. `failed` is set once a file was not restored."""

    db: sqlite3.Connection
    folders: Folders
    config: Config
    mounts: Mounts
    metrics: "Metrics | None" = None
    failed: bool = False
    _fallback: str | None = None

    def plan(self, job: Job, reports: list[ClipReport]) -> None:
        """Record in the catalogue that these results will be published."""
        Planning(self.db, self.folders, job).results(reports)
        reached("planned")

    def publish(self, job: Job, outcome: Outcome) -> None:
        """Carry out the planned publication. Raises OSError if a folder can't be written; then call it again later."""
        Filing(self.db, self.folders, job).publish(outcome)

    def open(self, job: Job) -> tuple[Job, io.FileIO] | None:
        """Open a job's input. Return the updated job and the open file; None if there is nothing to restore."""
        path = self.folders.absolute(job.path)
        try:
            descriptor = open_input(path)
        except FileNotFoundError:
            self._missing(job)
            return None
        except OSError as error:
            self._settle(job, unopenable(error))
            return None
        current = None
        try:
            current = self.current(job, descriptor)
            if current is not None:
                remove_older_copies(self.db, self.folders, current)
        finally:
            if current is None:
                os.close(descriptor)
        return None if current is None else (current, io.FileIO(descriptor))

    def current(self, job: Job, descriptor: int) -> Job | None:
        """Return the job with its file's present size and time; None if the content changed, which makes a new job."""
        status = os.fstat(descriptor)
        job = ledger.locate_input(self.db, job)
        if job.hash is not None and (status.st_size, mtime_ns(status)) == (job.size_bytes, job.mtime_ns):
            return job
        content = digest(descriptor)
        if job.hash is not None and content != job.hash:
            self._superseded(job)
            return None
        return ledger.record_hash(self.db, job, content, status.st_size, mtime_ns(status))

    def unreplaced(self, job: Job, descriptor: int) -> Job | None:
        """Return the job, updated from the file at its path; None if that has new content or is no regular file."""
        ours = os.fstat(descriptor)
        path = self.folders.absolute(job.path)
        try:
            status = os.lstat(path)
        except OSError:
            return job  # removed: the result is published all the same
        if (status.st_dev, status.st_ino) == (ours.st_dev, ours.st_ino):
            return job
        content = digest_of(path) if stat.S_ISREG(status.st_mode) else None
        if content is not None and content == job.hash:
            return ledger.record_hash(self.db, job, content, status.st_size, mtime_ns(status))
        self._superseded(job)
        return None

    def done(self, job: Job, reports: list[ClipReport]) -> None:
        """Log and count the clips of a published job."""
        for report in reports:
            if report.fallback and report.fallback != self._fallback:  # each row has it; the log reports it once
                log.warning("restored by the fall-back", job=job.id, restorer=report.restorer, why=report.fallback)
            self._fallback = report.fallback
            facts = {
                "category": report.category,
                "restorer": report.restorer,
                "faces": report.faces,
                "seconds": round(sum(report.seconds.values()), 1),
            }
            log.info("restored", job=job.id, clip=report.name, **facts)
            if self.metrics is not None:
                self.metrics.restored(report)

    def fail(self, job: Job, error: Exception) -> None:
        """Judge an attempt's error, then quarantine the job or retry it later."""
        self._settle(job, judge(error))

    def quarantine(self, job: Job, verdict: Verdict) -> None:
        """Move the input to quarantine, with the reason beside it."""
        self.failed = True
        log.error("quarantined", job=job.id, path=job.path, error=verdict.error, remedy=verdict.remedy)
        try:
            make_again(self.folders.quarantine)
            Planning(self.db, self.folders, job).quarantine(verdict)
            reached("planned")
            self.publish(job, "quarantined")
        except OSError as error:
            ledger.defer_job(self.db, job, judge(error), self.config.jobs.retry_seconds)

    def clear(self, job: Job) -> None:
        """Remove an attempt's staging folder."""
        shutil.rmtree(self.folders.staging(job.id, job.attempt), ignore_errors=True)

    def _settle(self, job: Job, verdict: Verdict) -> None:
        self.failed = True
        if self.metrics is not None:
            self.metrics.failed(verdict.kind)
        exhausted = verdict.counts and job.failures + 1 >= self.config.jobs.max_attempts
        if (verdict.permanent or exhausted) and not ledger.is_publishing(self.db, job):
            self.quarantine(job, verdict)
            return
        wait_s = min(LONGEST_WAIT_S, self.config.jobs.retry_seconds * 2 ** min(job.failures, _MOST_DOUBLINGS))
        log.warning("failed; tried again later", job=job.id, path=job.path, error=verdict.error, wait_s=wait_s)
        ledger.defer_job(self.db, job, verdict, wait_s)
        if not ledger.is_publishing(self.db, job):
            self.clear(job)

    def _missing(self, job: Job) -> None:
        path = self.folders.absolute(job.path)
        if path.parent.is_dir() and not self.mounts.gone():
            ledger.end_job(self.db, job, "gone", "it was removed before its turn")
            log.warning("an input is gone", job=job.id, path=job.path)
        else:  # perhaps unmounted: it may come back
            verdict = Verdict("Missing", f"{path} is not there now", "mount its folder again", counts=False)
            ledger.defer_job(self.db, job, verdict, self.config.jobs.retry_seconds)

    def _superseded(self, job: Job) -> None:
        ledger.end_job(self.db, job, "superseded", "the file was changed; its new version is a job of its own")
        log.info("a file was changed while it had its turn", job=job.id, path=job.path)
        self.clear(job)
