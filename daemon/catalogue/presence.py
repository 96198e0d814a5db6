"""Whether the catalogue's file is still the one that the daemon has open, and its rescue where it is not."""

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from daemon.catalogue.database import close_catalogue


class CatalogueLost(Exception):
    """What the daemon writes would be lost at its end: it must stop."""


class Presence:
    """The open catalogue `db` and its `path`; made right after the file was opened.

    SQLite goes on in a file that was removed as if nothing had happened, and all of it is lost when the file is closed.
    """

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.db, self.path = db, path
        self._file, self._folder = _identity(path), _identity(path.parent)
        self._copy = path.with_name(f".{path.name}.{os.getpid()}.tmp")

    def is_lost(self) -> bool:
        """Whether the file was removed or replaced. A folder that was renamed or unmounted has lost nothing."""
        try:
            return _identity(self.path) != self._file and _identity(self.path.parent) == self._folder
        except OSError:  # a share that does not answer
            return False

    def close(self) -> Path | None:
        """Close the catalogue. If its file is lost, write what is still open to a new file and return the path of that.

        The new file takes the catalogue's name, if that is free. Raises OSError and sqlite3.OperationalError, with the
        catalogue still open, where the new file can't be written.
        """
        is_lost = self.is_lost()
        if is_lost:
            self._write_copy()
        close_catalogue(self.db)
        return self._place_copy() if is_lost else None

    def _write_copy(self) -> None:
        self._copy.unlink(missing_ok=True)
        self.db.execute("VACUUM INTO ?", (str(self._copy),))
        _sync(self._copy)

    def _place_copy(self) -> Path:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        beside = self.path.with_name(f"{self.path.stem}-before-{stamp}{self.path.suffix}")
        for place in (self.path, beside):
            with suppress(FileExistsError):
                if place == self.path and not os.path.lexists(place):
                    self._remove_companions()
                _rename_new(self._copy, place)
                _sync(place.parent)
                return place
        return self._copy

    def _remove_companions(self) -> None:
        """Remove the log of the lost file, which SQLite would take for that of the new one."""
        for suffix in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """Device and inode; None where there is no such file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _rename_new(old: Path, new: Path) -> None:
    """Rename a file, unless the new name is in use: then raise FileExistsError."""
    try:
        os.link(old, new)
    except FileExistsError:
        raise
    except OSError as error:  # a file system without links
        if os.path.lexists(new):
            raise FileExistsError(str(new)) from error
        old.rename(new)
    else:
        old.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
