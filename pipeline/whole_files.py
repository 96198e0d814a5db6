"""Writes files that appear complete under their name, or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import NoSpace, is_disk_full


@contextmanager
def write_whole(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; rename it to `path` if the block succeeds, else remove it.

    Raises NoSpace in place of an OSError that says the disk is full.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        sync_and_rename(part, path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if is_disk_full(error):
            raise NoSpace(f"the disk is full: {path.name} was not written; make room, then try again") from error
        raise


def sync_and_rename(part: Path, path: Path) -> None:
    """Put the content of `part` on the disk, then give the file its final name, replacing an earlier one."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)
