"""Migrates a catalogue to this version's schema with sqlite-utils, one numbered .sql file a step."""

import sqlite3
from collections.abc import Callable

from sqlite_utils import Database, Migrations

from daemon.catalogue.versions import SET, steps


def _statements(script: str) -> list[str]:
    """Split a script into statements; the semicolons inside a trigger's body don't split it."""
    statements, unfinished = [], ""
    for line in script.splitlines(keepends=True):
        unfinished += line
        if sqlite3.complete_statement(unfinished):
            statements.append(unfinished)
            unfinished = ""
    return statements


def _apply(script: str) -> Callable[[Database], None]:
    def apply(db: Database, /) -> None:
        for statement in _statements(script):  # executescript would commit, and end the step's transaction
            db.conn.execute(statement)

    return apply


def migrate(db: sqlite3.Connection, stop_before: str | None = None) -> None:
    """Apply what is missing, each step in a transaction; `stop_before` names a step, for tests of earlier versions."""
    migrations = Migrations(SET)
    for step in steps():
        migrations(name=step.name.removesuffix(".sql"))(_apply(step.read_text()))
    migrations.apply(Database(db), stop_before=stop_before)
