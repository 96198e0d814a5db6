"""Enters arrivals from the inbox into the ledger."""

import os
import sqlite3

from daemon.catalogue import drops
from daemon.catalogue.drops import Drop
from daemon.folders import Folders, to_text
from daemon.inbox.arrivals import Arrival
from daemon.inbox.inbox import Inbox


def admit(db: sqlite3.Connection, folders: Folders, inbox: Inbox) -> int:
    """Enter all arrivals into the ledger in one transaction; return how many there were."""
    # The older of two equal files counts as the original, the younger one as its copy.
    arrivals = sorted(inbox.take(), key=lambda arrival: (arrival.mtime_ns, arrival.path))
    if arrivals:
        new_drops = [drop_of(folders, arrival) for arrival in arrivals]
        try:
            paths = drops.input_paths(db, [drop.hash for drop in new_drops if drop.hash])
            missing = [path for path in paths if not os.path.lexists(folders.absolute(path))]
            drops.record_drops(db, new_drops, missing)
        except sqlite3.Error:
            inbox.returned(arrivals)
            raise
        inbox.recorded(arrivals)
    return len(arrivals)


def drop_of(folders: Folders, arrival: Arrival) -> Drop:
    """Describe an arrival for the ledger, with the kind and category that its folder implies."""
    return Drop(
        path=folders.relative(arrival.path),
        name=to_text(arrival.path.stem),
        kind="video" if arrival.path.is_relative_to(folders.raw_videos) else "gif",
        size_bytes=arrival.size_bytes,
        mtime_ns=arrival.mtime_ns,
        hash=arrival.hash,
        category=folders.category_of(arrival.path),
        error=arrival.error,
    )
