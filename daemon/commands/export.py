"""`gifrestored export`: the clips with their scores, one row a clip, for other programs."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, TextIO

from typer import BadParameter

from daemon.catalogue import open_for_reading
from daemon.catalogue.overview import rows
from daemon.commands.files import whole
from daemon.folders import Folders
from daemon.settings.config import Config

Format = Literal["csv", "json", "parquet"]
Columns = dict[str, str]

NESTED = ("spread", "reasons", "seconds_by_stage", "warnings", "plan")  # JSON in the catalogue
ROWS_A_GROUP = 10_000


def export(config: Config, form: Format, into: Path | None) -> int:
    """Write to a file or standard output. Raises FileNotFoundError: no catalogue; OSError: the file is not written."""
    if form == "parquet":
        _require_pyarrow(into)
    write = WRITERS[form]
    with closing(open_for_reading(Folders(config.data_root).catalogue)) as db, whole(into) as file:
        write(file, *rows(db))
    return 0


def _require_pyarrow(into: Path | None) -> None:
    if into is None:
        raise BadParameter("Parquet is no text for a terminal; name a FILE")
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        how = "pip install 'gifrestored[parquet]'"
        raise BadParameter(f"Parquet is written by pyarrow, which is not installed: {how}") from error


def _csv(file: BinaryIO, columns: Columns, clips: Iterator[sqlite3.Row]) -> None:
    with _text(file) as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(clips)


def _json(file: BinaryIO, columns: Columns, clips: Iterator[sqlite3.Row]) -> None:
    """An array with one object a line, so that it can be read as a whole and by line."""
    with _text(file) as text:
        text.write("[")
        for number, clip in enumerate(clips):
            text.write(",\n" if number else "\n")
            json.dump(_unnested(clip), text, ensure_ascii=False)
        text.write("\n]\n")


def _unnested(clip: sqlite3.Row) -> dict[str, Any]:
    return {name: json.loads(value) if name in NESTED and value else value for name, value in dict(clip).items()}


def _parquet(file: BinaryIO, columns: Columns, clips: Iterator[sqlite3.Row]) -> None:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    types = {"INTEGER": pyarrow.int64(), "REAL": pyarrow.float64(), "TEXT": pyarrow.string()}
    schema = pyarrow.schema([(name, types[kind]) for name, kind in columns.items()])
    with ParquetWriter(file, schema) as writer:
        while group := [dict(clip) for clip in islice(clips, ROWS_A_GROUP)]:
            writer.write_table(pyarrow.Table.from_pylist(group, schema))


@contextmanager
def _text(file: BinaryIO) -> Iterator[TextIO]:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()  # the file stays open, and is its owner's to close


WRITERS: dict[Format, Callable[[BinaryIO, Columns, Iterator[sqlite3.Row]], None]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
}
