"""Opens, closes and copies the catalogue's file, and runs transactions on it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from daemon.catalogue.versions import LaterVersion, refuse_later
from pipeline.errors import is_disk_full

TIMEOUT_S = 10.0  # how long to wait for another writer


def timestamp(unix_s: float) -> str:
    """Return a Unix time as UTC in ISO 8601 with milliseconds, which sorts as text."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _connect(uri: str) -> sqlite3.Connection:
    db = sqlite3.connect(uri, uri=True, timeout=TIMEOUT_S, isolation_level=None)
    db.row_factory = sqlite3.Row
    return db


def _open_known(path: Path, mode: str) -> sqlite3.Connection:
    """Open a catalogue of this version or an earlier one. Raises sqlite3.DatabaseError, LaterVersion among them."""
    with ExitStack() as stack:
        db = stack.enter_context(closing(_connect(_uri(path, mode))))
        try:
            refuse_later(db)
        except (sqlite3.OperationalError, LaterVersion):
            raise
        except sqlite3.DatabaseError as error:
            raise sqlite3.DatabaseError(f"{path} is damaged ({error})") from error
        stack.pop_all()
    return db


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def open_catalogue(path: Path) -> sqlite3.Connection:
    """Open the catalogue for writing: check its integrity and migrate it to this version's schema.

    Raises sqlite3.DatabaseError where the file is damaged, not a database, or a later version's.
    """
    from daemon.catalogue.migrate import migrate

    db = _open_known(path, "rwc")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")  # a published file must never be forgotten, power loss included
    db.execute("PRAGMA foreign_keys = ON")
    check = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if check != "ok":
        raise sqlite3.DatabaseError(f"{path} is damaged ({check})")
    migrate(db)
    return db


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open an existing catalogue beside a running daemon, for one short change. Raises as `_require_catalogue` does."""
    _require_catalogue(path)
    return _open_known(path, "rw")


def open_for_reading(path: Path) -> sqlite3.Connection:
    """Open with read permission only. Raises as `_require_catalogue` does."""
    _require_catalogue(path)
    return _open_known(path, "ro")


def connect_to_copy(path: Path) -> sqlite3.Connection:
    """Open a copy of a catalogue, empty where it is not there yet; neither migrated nor checked."""
    return _connect(_uri(path, "rwc"))


def _require_catalogue(path: Path) -> None:
    """Raise FileNotFoundError if there is no catalogue, PermissionError if this user may not look."""
    try:
        is_there = path.exists()
    except PermissionError as error:
        remedy = "have its owner let you in, or ask as the user that the daemon runs as"
        raise PermissionError(f"user {os.geteuid()} may not look at {path}; {remedy}") from error
    if not is_there:
        raise FileNotFoundError(f"no catalogue at {path}; `gifrestored run` makes one")


def close_catalogue(db: sqlite3.Connection) -> None:
    """Close the catalogue and leave one plain file, which anyone with read permission can open."""
    with suppress(sqlite3.OperationalError):  # while somebody still reads, it stays in WAL mode until the next stop
        db.execute("PRAGMA journal_mode = DELETE")
    db.close()


def is_temporary(error: OSError | sqlite3.OperationalError) -> bool:
    """Return whether the disk was full or another program held the file, so that a later try can work."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or is_disk_full(error)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Run the block as one transaction; the write lock is taken first, so no other writer can make it fail half-way."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
