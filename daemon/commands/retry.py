"""`gifrestored retry`: queue jobs anew."""

import sys
from contextlib import closing

from daemon.catalogue import open_for_writing, requeue
from daemon.folders import Folders
from daemon.settings.config import Config


def retry(config: Config, ids: list[int], failed: bool, fallback: bool) -> int:
    """Say what was queued; returns 1 where a job named by id could not be. Raises FileNotFoundError: no catalogue."""
    with closing(open_for_writing(Folders(config.data_root).catalogue)) as db:
        queued = requeue.retry_jobs(db, ids, failed, fallback)
    print(f"queued anew: {', '.join(f'#{i}' for i in queued) or 'nothing'}")
    missed = sorted(set(ids) - set(queued))
    if missed:
        named = ", ".join(f"#{i}" for i in missed)
        print(f"{named}: no such job, or it is queued, running or a duplicate already", file=sys.stderr)
    return int(bool(missed))
