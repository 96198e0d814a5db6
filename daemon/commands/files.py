"""Where a command writes: standard output, or a file that is there only when it is whole."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole(into: Path | None) -> Iterator[BinaryIO]:
    """Yield what to write to; a file of that name is replaced at the end, and untouched where something fails."""
    if into is None:
        yield sys.stdout.buffer
    elif into.exists() and not into.is_file():  # a device or a pipe is written to, not replaced
        with into.open("wb") as file:
            yield file
    else:
        part = into.with_name(f".{into.name}.{os.getpid()}.part")
        try:
            with part.open("xb") as file:
                yield file
            part.replace(into)
        finally:
            part.unlink(missing_ok=True)
