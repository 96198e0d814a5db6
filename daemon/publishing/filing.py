"""Carries out a plan: puts every file in its place, then finishes the job. Every step can be repeated."""

import shutil
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from daemon.catalogue.frame_folders import forget_frames, owner_of_frames, stale_frames
from daemon.catalogue.ledger import record_event
from daemon.catalogue.publications import (
    Publication,
    discard_plan,
    leave_input,
    planned_publications,
    rename_publication,
)
from daemon.catalogue.results import finish_job, latest_outputs
from daemon.digests import digest_or_none
from daemon.folders import Folders, to_text
from daemon.jobs import Job, Outcome
from daemon.publishing.names import Names
from daemon.publishing.publish import move, publish, publish_folder, remove_frames
from daemon.steps import reached

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Filing:
    """The publication of one job's results."""

    db: sqlite3.Connection
    folders: Folders
    job: Job

    def publish(self, outcome: Outcome) -> None:
        """Put every file in place and record it. Raises OSError if a folder cannot be written; call again later."""
        for publication in planned_publications(self.db, self.job.id):
            if publication.kind == "source":
                self._move_source(publication)
            elif not self._put(publication):
                self._restart_job()
                return
            reached("published")
        earlier_files = latest_outputs(self.db, self.job.id)
        finish_job(self.db, self.job, outcome)
        reached("finished")
        self._remove_stale(earlier_files)
        shutil.rmtree(self.folders.staging(self.job.id, self.job.attempt), ignore_errors=True)
        reached("cleaned")

    def _put(self, publication: Publication) -> bool:
        """Publish one staged file or folder of frames, unless it is published already; return False if it was lost."""
        staged = self.folders.absolute(publication.staged)
        destination = self.folders.absolute(publication.destination)
        if publication.hash is None:
            return self._put_frames(publication)
        present_hash = digest_or_none(destination)
        if present_hash == publication.hash:
            return True
        if not staged.exists():
            return False
        try:
            publish(staged, destination, replace=present_hash is not None and present_hash == publication.replaces)
        except FileExistsError:
            return self._put(self._renamed(publication))
        return True

    def _put_frames(self, publication: Publication) -> bool:
        """Publish a staged folder of frames in the place of this job's own earlier one; return False if it was lost."""
        staged = self.folders.absolute(publication.staged)
        destination = self.folders.absolute(publication.destination)
        if not staged.is_dir():
            return destination.is_dir()
        if owner_of_frames(self.db, publication.destination) == self.job.id:
            remove_frames(destination)
        try:
            publish_folder(staged, destination)
        except FileExistsError:
            return self._put_frames(self._renamed(publication))
        return True

    def _restart_job(self) -> None:
        """Remove what is published already and have the job done again, because staged files were removed."""
        for publication in planned_publications(self.db, self.job.id):
            destination = self.folders.absolute(publication.destination)
            if publication.hash is None:
                if not self.folders.absolute(publication.staged).is_dir():
                    remove_frames(destination)
            elif publication.kind != "source" and digest_or_none(destination) == publication.hash:
                destination.unlink()
        discard_plan(self.db, self.job)

    def _renamed(self, publication: Publication) -> Publication:
        """Give a publication another free name in the plan."""
        destination = self.folders.absolute(publication.destination)
        free = Names(self.db, self.folders, self.job).free(destination)
        return rename_publication(self.db, publication, self.folders.relative(free))

    def _move_source(self, publication: Publication) -> None:
        """Move the input. If it cannot be moved it stays, because the result matters more."""
        source, destination = self.folders.absolute(publication.staged), self.folders.absolute(publication.destination)
        try:
            if not source.exists():
                if not destination.exists():
                    leave_input(self.db, publication)
            elif destination.exists() and source.samefile(destination):
                source.unlink()  # a move that was interrupted between linking and unlinking
            else:
                move(source, destination)
            reached("moved")
            if source.parent == self.folders.quarantine:
                source.with_name(source.name + ".txt").unlink(missing_ok=True)
        except FileExistsError:
            renamed = self._renamed(publication)
            if destination.parent == self.folders.quarantine:
                _move_reason(destination, self.folders.absolute(renamed.destination))
            self._move_source(renamed)
        except OSError as error:
            log.warning("an input could not be moved", path=publication.staged, error=str(error))
            leave_input(self.db, publication)
            record_event(self.db, "not_moved", self.job.id, to_text(str(error)))

    def _remove_stale(self, earlier_files: dict[str, str]) -> None:
        """Remove this job's earlier files that its new results did not replace."""
        for path in earlier_files.keys() - latest_outputs(self.db, self.job.id).keys():
            file = self.folders.absolute(path)
            if digest_or_none(file) == earlier_files[path]:
                file.unlink()
        for path in stale_frames(self.db, self.job.id):
            remove_frames(self.folders.absolute(path))
            forget_frames(self.db, path)


def _move_reason(old: Path, new: Path) -> None:
    """Keep the reason for a quarantine beside the file, which has got another name."""
    with suppress(FileNotFoundError):
        old.with_name(f"{old.name}.txt").rename(new.with_name(f"{new.name}.txt"))
