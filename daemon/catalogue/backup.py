"""The backup of the catalogue: the copy appears under its name only when it is complete and checked."""

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from daemon.catalogue.database import connect_to_copy, open_for_reading


def back_up(path: Path, into: Path) -> None:
    """Write a compact copy of the catalogue, even while the daemon runs. This needs no right to write the catalogue.

    Raises FileExistsError, FileNotFoundError, sqlite3.DatabaseError if the catalogue is damaged or the disk is full,
    OSError if the copy can't get its name.
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
    """Copy page by page: on a read-only connection, `VACUUM INTO` can't fill a table that has computed columns."""
    with closing(connect_to_copy(part)) as copy:
        if (fault := _copy_pages(db, copy)) != "ok":
            raise sqlite3.DatabaseError(f"{path} is damaged ({fault})")
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("VACUUM")


def _copy_pages(db: sqlite3.Connection, copy: sqlite3.Connection) -> str:
    """Copy all pages. Return "ok" or the first fault in the copy. Raises OperationalError if it can't be written."""
    try:
        db.backup(copy)
        return str(copy.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError as error:
        return str(error)


def _name(part: Path, into: Path) -> None:
    """Give the copy its name, unless another file has that name by now."""
    descriptor = os.open(part, os.O_RDONLY | os.O_CLOEXEC)
    with os.fdopen(descriptor) as file:
        os.fsync(file.fileno())
    with suppress(OSError):  # not every file system supports links
        os.link(part, into)
        return
    if os.path.lexists(into):
        raise FileExistsError(f"{into} is there already; name another file")
    part.rename(into)
