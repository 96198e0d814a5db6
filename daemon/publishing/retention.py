"""Removes inputs, frames and quarantined files after their time. Results and the catalogue are never removed."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from daemon.catalogue import timestamp
from daemon.catalogue.expiry import EndedInput, copies_ended_before, inputs_ended_before, record_expiry
from daemon.catalogue.frame_folders import forget_frames
from daemon.folders import Folders
from daemon.publishing.publish import remove_frames
from daemon.settings.config import Retention

log = structlog.get_logger()
_DAY_S = 86400.0


def expire(db: sqlite3.Connection, folders: Folders, keep: Retention) -> int:
    """Remove what is older than the settings allow; return the number of files and folders removed."""
    removed = 0
    if keep.inputs_days:
        removed += sum(_expire_input(db, folders, job) for job in _ended(db, ("done", "duplicate"), keep.inputs_days))
    if keep.quarantine_days:
        removed += sum(_expire_input(db, folders, job) for job in _ended(db, ("quarantined",), keep.quarantine_days))
        removed += sum(_expire_input(db, folders, copy) for copy in _old_copies(db, folders, keep.quarantine_days))
    if keep.frames_days:
        removed += sum(_expire_frames(db, folders, folder) for folder in _old_frames(folders, keep.frames_days))
    if removed:
        log.info("removed what was kept long enough", files=removed)
    return removed


def _ended(db: sqlite3.Connection, states: tuple[str, ...], days: float) -> list[EndedInput]:
    return inputs_ended_before(db, states, timestamp(time.time() - days * _DAY_S))


def _old_copies(db: sqlite3.Connection, folders: Folders, days: float) -> list[EndedInput]:
    return copies_ended_before(db, folders.relative(folders.quarantine), timestamp(time.time() - days * _DAY_S))


def _expire_input(db: sqlite3.Connection, folders: Folders, ended: EndedInput) -> bool:
    """Remove a job's input, unless another file has its name now."""
    path = folders.absolute(ended.path)
    try:
        status = os.lstat(path)
        is_same = status.st_size == ended.size_bytes and ended.mtime_ns in (None, status.st_mtime_ns)
        if is_same:
            path.unlink()
            path.with_name(path.name + ".txt").unlink(missing_ok=True) if path.parent == folders.quarantine else None
    except FileNotFoundError:
        is_same = False
    except OSError as error:
        log.warning("an old file could not be removed", path=ended.path, error=str(error))
        return False
    record_expiry(db, ended, removed=is_same)
    return is_same


def _old_frames(folders: Folders, days: float) -> Iterator[Path]:
    oldest = time.time() - days * _DAY_S
    for side in ("input", "enhanced"):
        with suppress(FileNotFoundError):  # somebody removed it
            for folder in (folders.frames / side).iterdir():
                if folder.is_dir() and not folder.is_symlink() and folder.stat().st_mtime < oldest:
                    yield folder


def _expire_frames(db: sqlite3.Connection, folders: Folders, folder: Path) -> bool:
    """Remove a folder of frames; one that somebody has put other files into stays, with those."""
    with suppress(OSError):
        remove_frames(folder)
    is_gone = not folder.exists()
    if is_gone:
        forget_frames(db, folders.relative(folder))
    return is_gone
