"""Reads every clip as it is now, for other programs: its measures, its scores and the drop that it came from."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, cast

from daemon.catalogue.sql import query

ColumnType = Literal["INTEGER", "REAL", "TEXT", "JSON"]
Value = int | float | str | None

_JSON_COLUMNS = ("spread", "reasons", "seconds_by_stage", "warnings", "plan")


@dataclass(frozen=True, slots=True)
class Clips:
    """A table of clips, read from the catalogue while the caller iterates over it.

    `columns` has the type of each column by name, in order. A row of `rows` has as many values; JSON is text there.
    """

    columns: dict[str, ColumnType]
    rows: Iterator[tuple[Value, ...]]

    def unnested(self) -> Iterator[dict[str, Any]]:
        """Yield each row as a dictionary by column, its JSON decoded."""
        nested = [name for name, kind in self.columns.items() if kind == "JSON"]
        for row in self.rows:
            clip: dict[str, Any] = dict(zip(self.columns, row, strict=True))
            yield clip | {name: json.loads(clip[name]) for name in nested if clip[name] is not None}


def read_clips(db: sqlite3.Connection) -> Clips:
    """Return all clips of one moment, in the order in which they were finished; keep `db` open while you read them."""
    cursor = db.cursor()
    cursor.row_factory = None
    cursor.execute(query("clips"))
    declared = dict(db.execute("SELECT name, type FROM pragma_table_info('latest')").fetchall())
    columns = {name: _type(name, declared.get(name, "TEXT")) for name, *_ in cursor.description}
    return Clips(columns, cursor)


def _type(column: str, declared: str) -> ColumnType:
    return "JSON" if column in _JSON_COLUMNS else cast(ColumnType, declared)  # a strict table has no other types
