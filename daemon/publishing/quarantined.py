"""The removal of copies that an earlier quarantine of the same content has kept."""

import sqlite3

import structlog

from daemon.catalogue.expiry import copies_in, forget_copy
from daemon.digests import digest_or_none
from daemon.folders import Folders
from daemon.jobs import Job

log = structlog.get_logger()


def remove_older_copies(db: sqlite3.Connection, folders: Folders, job: Job) -> None:
    """Remove other copies of a job's content from quarantine, with their reasons: the content was dropped again."""
    if job.hash is None:
        return
    for path in copies_in(db, folders.relative(folders.quarantine), job.hash):
        copy = folders.absolute(path)
        if path == job.path or digest_or_none(copy) != job.hash:
            continue
        try:
            copy.unlink()
            copy.with_name(copy.name + ".txt").unlink(missing_ok=True)
        except OSError as error:
            log.warning("an older copy in quarantine could not be removed", path=path, error=str(error))
        else:
            forget_copy(db, path)
