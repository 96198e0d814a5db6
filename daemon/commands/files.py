"""Opens the output of a command: standard output, or a file that appears only when it is complete."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_DATABASE = b"SQLite format 3\0"


@contextmanager
def open_output(into: Path | None) -> Iterator[BinaryIO]:
    """Yield a file to write to. It replaces `into` at the end; if something fails, `into` stays as it was.

    Raises FileExistsError if `into` is a database (a catalogue, perhaps), FileNotFoundError if its folder is missing.
    """
    if into is None:
        yield sys.stdout.buffer
    elif into.exists() and not into.is_file():  # write to a device or a pipe, don't replace it
        with into.open("wb") as file:
            yield file
    else:
        _require_replaceable(into)
        part = into.with_name(f".{into.name}.{os.getpid()}.part")
        try:
            with part.open("xb") as file:
                yield file
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)


def _require_replaceable(into: Path) -> None:
    if not into.parent.is_dir():
        raise FileNotFoundError(f"{into.parent} is not a folder; create it, or name a file elsewhere")
    if into.exists():
        with into.open("rb") as file:
            if file.read(len(_DATABASE)) == _DATABASE:
                raise FileExistsError(f"{into} is a database and will not be replaced; name another file")
