"""`gifrestored retry`: queues jobs again."""

import sys
from contextlib import closing

from daemon.catalogue import open_for_writing, requeue
from daemon.folders import Folders
from daemon.settings.config import Config


def retry(config: Config, ids: list[int], failed: bool, fallback: bool) -> int:
    """Queue jobs again and print their ids; return 1 if one named by id could not be queued.

    Raises FileNotFoundError if there is no catalogue.
    """
    with closing(open_for_writing(Folders(config.data_root).catalogue)) as db:
        queued = requeue.retry_jobs(db, ids, failed, fallback)
    print(f"queued again: {', '.join(f'#{i}' for i in queued) or 'nothing'}")
    missing = sorted(set(ids) - set(queued))
    if missing:
        names = ", ".join(f"#{i}" for i in missing)
        print(f"{names}: no such job, or it is already queued, running or a duplicate", file=sys.stderr)
    return int(bool(missing))
