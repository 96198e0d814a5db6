"""A plan carried out: every file gets its place, then the job its end; each step can be repeated."""

import shutil
import sqlite3
from dataclasses import dataclass

import structlog

from daemon.catalogue.ledger import note
from daemon.catalogue.publications import Publication, planned, rename, stay, unplan
from daemon.catalogue.results import finish, latest_outputs
from daemon.digests import digest_or_none
from daemon.folders import Folders, to_text
from daemon.jobs import Job, Outcome
from daemon.publishing.names import Names
from daemon.publishing.publish import move, publish, publish_folder
from daemon.steps import reached

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Filing:
    """The publication of one job's results."""

    db: sqlite3.Connection
    folders: Folders
    job: Job

    def publish(self, outcome: Outcome) -> None:
        """Put everything in place and record it. Raises OSError where a folder can't be written: repeat it later."""
        for publication in planned(self.db, self.job.id):
            if publication.kind == "source":
                self._move_source(publication)
            elif not self._put(publication):
                self._begin_anew()
                return
            reached("published")
        earlier_files = latest_outputs(self.db, self.job.id)
        finish(self.db, self.job, outcome)
        reached("finished")
        self._remove_stale(earlier_files)
        shutil.rmtree(self.folders.staging(self.job.id, self.job.attempt), ignore_errors=True)
        reached("cleaned")

    def _put(self, publication: Publication) -> bool:
        """Publish one staged file or folder, if it is not there yet; false where it is lost."""
        staged = self.folders.absolute(publication.staged)
        destination = self.folders.absolute(publication.destination)
        if publication.hash is None:
            if staged.is_dir():
                publish_folder(staged, destination, staged.with_name(f"{staged.name}.aside"))
            return destination.is_dir()
        present = digest_or_none(destination)
        if present == publication.hash:
            return True
        if not staged.exists():
            return False
        try:
            publish(staged, destination, replace=present is not None and present == publication.replaces)
        except FileExistsError:
            return self._put(self._renamed(publication))
        return True

    def _begin_anew(self) -> None:
        """Somebody removed staged files: take back what is published already, and have the job done again."""
        for publication in planned(self.db, self.job.id):
            destination = self.folders.absolute(publication.destination)
            if publication.kind != "source" and publication.hash and digest_or_none(destination) == publication.hash:
                destination.unlink()
        unplan(self.db, self.job)

    def _renamed(self, publication: Publication) -> Publication:
        wanted = self.folders.absolute(publication.destination)
        free = Names(self.db, self.folders, self.job).free(wanted)
        return rename(self.db, publication, self.folders.relative(free))

    def _move_source(self, publication: Publication) -> None:
        """Move the input. Where it can't be moved it stays: the result matters more."""
        source, destination = self.folders.absolute(publication.staged), self.folders.absolute(publication.destination)
        try:
            if not source.exists():
                if not destination.exists():
                    stay(self.db, publication)
            elif destination.exists() and source.samefile(destination):
                source.unlink()  # a move that was cut off between its two halves
            else:
                move(source, destination)
            reached("moved")
            if source.parent == self.folders.quarantine:
                source.with_name(source.name + ".txt").unlink(missing_ok=True)
        except FileExistsError:
            self._move_source(self._renamed(publication))
        except OSError as error:
            log.warning("an input could not be moved", path=publication.staged, error=str(error))
            stay(self.db, publication)
            note(self.db, "not_moved", self.job.id, to_text(str(error)))

    def _remove_stale(self, earlier_files: dict[str, str]) -> None:
        """Remove this job's earlier files that its new results did not replace."""
        for path in earlier_files.keys() - latest_outputs(self.db, self.job.id).keys():
            file = self.folders.absolute(path)
            if digest_or_none(file) == earlier_files[path]:
                file.unlink()
