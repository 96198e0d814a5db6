"""Enters arrivals from the inbox into the ledger."""

import os
import sqlite3

import structlog

from daemon.catalogue import drops
from daemon.catalogue.drops import Drop
from daemon.folders import Folders, to_text
from daemon.inbox.arrivals import Arrival
from daemon.inbox.inbox import Inbox

log = structlog.get_logger()
_OWN_CLIP = (
    "a clip that the daemon made itself of a video is left alone; to have it restored, move it to another category, "
    "or use `gifrestored process`"
)


def admit(db: sqlite3.Connection, folders: Folders, inbox: Inbox) -> int:
    """Enter all arrivals into the ledger in one transaction; return how many there were."""
    # The older of two equal files counts as the original, the younger one as its copy.
    arrivals = sorted(inbox.take(), key=lambda arrival: (arrival.mtime_ns, arrival.path))
    if arrivals:
        new_drops = [drop_of(folders, arrival) for arrival in arrivals]
        try:
            contents = [drop.hash for drop in new_drops if drop.hash]
            missing = [path for path in drops.input_paths(db, contents) if not _is_there(folders, path)]
            results = drops.results_of(db, contents)
            lost = [content for content in results if not any(_is_there(folders, path) for path in results[content])]
            for path in drops.record_drops(db, new_drops, missing, lost):
                log.info(_OWN_CLIP, path=path)
        except sqlite3.Error:
            inbox.returned(arrivals)
            raise
        inbox.recorded(arrivals)
    return len(arrivals)


def _is_there(folders: Folders, path: str) -> bool:
    return os.path.lexists(folders.absolute(path))


def drop_of(folders: Folders, arrival: Arrival) -> Drop:
    """Describe an arrival for the ledger, with the kind and category that its folder implies."""
    category = folders.category_of(arrival.path)
    return Drop(
        path=folders.relative(arrival.path),
        name=to_text(arrival.path.stem),
        kind="video" if arrival.path.is_relative_to(folders.raw_videos) else "gif",
        size_bytes=arrival.size_bytes,
        mtime_ns=arrival.mtime_ns,
        hash=arrival.hash,
        category=category,
        error=arrival.error,
        is_own=arrival.own_category is not None and category in (None, arrival.own_category),
    )
