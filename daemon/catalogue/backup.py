"""A copy of the catalogue: whole and checked under its name, or not there."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from daemon.catalogue.database import connect_to_copy, open_for_reading


def back_up(path: Path, into: Path) -> None:
    """Write a compact copy of the catalogue, also while the daemon runs; reading is all that it may need.

    Raises FileExistsError, FileNotFoundError, sqlite3.DatabaseError where the catalogue is damaged or the disk is full,
    OSError where the copy can't have its name.
    """
    if os.path.lexists(into):
        raise FileExistsError(f"{into} is there already; name another file")
    if not into.parent.is_dir():
        raise FileNotFoundError(f"{into.parent} is no folder; make it, or name a file elsewhere")
    part = into.with_name(f".{into.name}.{os.getpid()}.part")
    try:
        with closing(open_for_reading(path)) as db:
            _copy(db, part, path)
        _name(part, into)
    except sqlite3.DatabaseError as error:
        raise sqlite3.DatabaseError(f"{into} was not written: {error}") from error
    finally:
        for leftover in (part, part.with_name(f"{part.name}-journal")):
            leftover.unlink(missing_ok=True)


def _copy(db: sqlite3.Connection, part: Path, path: Path) -> None:
    """Copy page by page: `VACUUM INTO` can't fill a table that has computed columns when it may only read."""
    with closing(connect_to_copy(part)) as copy:
        if (fault := _copy_pages(db, copy)) != "ok":
            raise sqlite3.DatabaseError(f"{path} is damaged ({fault})")
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("VACUUM")


def _copy_pages(db: sqlite3.Connection, copy: sqlite3.Connection) -> str:
    """Copy, and return "ok" or the first fault of the copy. Raises OperationalError where it can't be written."""
    try:
        db.backup(copy)
        return str(copy.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return str(error)


def _name(part: Path, into: Path) -> None:
    """Give the copy its name, unless another file has taken it meanwhile."""
    descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
    with os.fdopen(descriptor) as file:
        os.fsync(file.fileno())
    with suppress(OSError):  # not every file system has links
        os.link(part, into)
        return
    if os.path.lexists(into):
        raise FileExistsError(f"{into} is there already; name another file")
    part.rename(into)
