"""Where a command writes: standard output, or a file that is there only when it is whole."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_DATABASE = b"SQLite format 3\0"


@contextmanager
def whole(into: Path | None) -> Iterator[BinaryIO]:
    """Yield what to write to; a file of that name is replaced at the end, and untouched where something fails.

    Raises FileExistsError for a database, a catalogue perhaps, and FileNotFoundError where its folder is not there.
    """
    if into is None:
        yield sys.stdout.buffer
    elif into.exists() and not into.is_file():  # a device or a pipe is written to, not replaced
        with into.open("wb") as file:
            yield file
    else:
        _allow(into)
        part = into.with_name(f".{into.name}.{os.getpid()}.part")
        try:
            with part.open("xb") as file:
                yield file
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)


def _allow(into: Path) -> None:
    if not into.parent.is_dir():
        raise FileNotFoundError(f"{into.parent} is no folder; make it, or name a file elsewhere")
    if into.exists():
        with into.open("rb") as file:
            if file.read(len(_DATABASE)) == _DATABASE:
                raise FileExistsError(f"{into} is a database and is not replaced; name another file")
