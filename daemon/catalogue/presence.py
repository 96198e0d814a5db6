"""The check that the catalogue's path still holds the file that the daemon has open, and the rescue if it does not."""

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from daemon.catalogue.database import close_catalogue


class CatalogueLost(Exception):
    """The open catalogue's file was removed or replaced. The daemon must stop: further writes would be lost."""


class Presence:
    """The open catalogue `db` and its `path`. Create this right after opening the file.

    SQLite silently goes on in a file that was removed, and all its data is lost when the file is closed.
    """

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self.db, self.path = db, path
        self._file, self._folder = _identity(path), _identity(path.parent)
        self._copy = path.with_name(f".{path.name}.{os.getpid()}.tmp")

    def is_lost(self) -> bool:
        """Return whether the file was removed or replaced. If its folder was renamed or unmounted, nothing is lost."""
        try:
            return _identity(self.path) != self._file and _identity(self.path.parent) == self._folder
        except OSError:  # a share that does not answer
            return False

    def close(self) -> Path | None:
        """Close the catalogue. If its file is lost, write its data to a new file and return the path of that.

        The new file takes the catalogue's name, if that is free. Raises OSError and sqlite3.OperationalError if the
        new file can't be written; the catalogue is then still open.
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
        """Remove the lost file's log, which SQLite would otherwise apply to the new file."""
        for suffix in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode, or None if there is no such file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _rename_new(old: Path, new: Path) -> None:
    """Rename a file. Raises FileExistsError if the new name is in use."""
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
