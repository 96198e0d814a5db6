"""`gifrestored export`: writes the clips with their scores, one row a clip, for other programs."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Literal, TextIO

from typer import BadParameter

from daemon.catalogue import open_for_reading
from daemon.catalogue.reading.clips import Clips, read_clips
from daemon.commands.files import open_output
from daemon.folders import Folders
from daemon.settings.config import Config

Format = Literal["csv", "json", "parquet"]

ROWS_A_GROUP = 10_000


def export(config: Config, form: Format, into: Path | None) -> int:
    """Write the clips to a file or standard output.

    Raises FileNotFoundError if there is no catalogue, OSError if the file can't be written.
    """
    if form == "parquet":
        _require_pyarrow(into)
    write = WRITERS[form]
    with closing(open_for_reading(Folders(config.data_root).catalogue)) as db, open_output(into) as file:
        write(file, read_clips(db))
    return 0


def _require_pyarrow(into: Path | None) -> None:
    if into is None:
        raise BadParameter("Parquet is binary and can't go to the terminal; name a FILE")
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        remedy = "pip install 'gifrestored[parquet]'"
        raise BadParameter(f"Parquet needs pyarrow, which is not installed: {remedy}") from error


def _write_csv(file: BinaryIO, clips: Clips) -> None:
    with _as_text(file) as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(clips.columns)
        writer.writerows(clips.rows)


def _write_json(file: BinaryIO, clips: Clips) -> None:
    """Write an array with one object a line, which can be read as a whole or line by line."""
    with _as_text(file) as text:
        text.write("[")
        for number, clip in enumerate(clips.unnested()):
            text.write(",\n" if number else "\n")
            json.dump(clip, text, ensure_ascii=False)
        text.write("\n]\n")


def _write_parquet(file: BinaryIO, clips: Clips) -> None:
    import pyarrow
    from pyarrow.parquet import ParquetWriter

    types = {"INTEGER": pyarrow.int64(), "REAL": pyarrow.float64(), "TEXT": pyarrow.string(), "JSON": pyarrow.string()}
    schema = pyarrow.schema([(name, types[kind]) for name, kind in clips.columns.items()])
    with ParquetWriter(file, schema) as writer:
        while group := [dict(zip(schema.names, row, strict=True)) for row in islice(clips.rows, ROWS_A_GROUP)]:
            writer.write_table(pyarrow.Table.from_pylist(group, schema))


@contextmanager
def _as_text(file: BinaryIO) -> Iterator[TextIO]:
    text = io.TextIOWrapper(file, "utf-8", newline="")
    try:
        yield text
    finally:
        text.detach()  # leave the file open for its owner to close


WRITERS: dict[Format, Callable[[BinaryIO, Clips], None]] = {
    "csv": _write_csv,
    "json": _write_json,
    "parquet": _write_parquet,
}
