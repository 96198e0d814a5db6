"""The schema migrations that this version knows. A catalogue with any other comes from a later version."""

import sqlite3
from importlib.resources import files
from importlib.resources.abc import Traversable

SET = "gifrestored"


class LaterVersion(sqlite3.DatabaseError):
    """A later version has changed the catalogue. The message says what to do."""


def steps() -> list[Traversable]:
    """Return the files of all migrations, in order."""
    folder = files("daemon.catalogue") / "migrations"
    return sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)


def refuse_later(db: sqlite3.Connection) -> None:
    """Raise LaterVersion if the catalogue has a migration that this version does not know."""
    try:
        rows = db.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (SET,)).fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # a new catalogue, or not one of ours
            return
        raise
    known = {step.name.removesuffix(".sql") for step in steps()}
    if unknown := sorted(row[0] for row in rows if row[0] not in known):
        raise LaterVersion(
            f"a later version of gifrestored has changed the catalogue ({', '.join(unknown)}): install that version, "
            "or put a backup from before in its place"
        )
