"""Files from strangers are opened with care, and files of ours only ever appear whole."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import NoSpace, Unreadable, is_disk_full
from pipeline.settings import Limits

from .limits import check_bytes

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_HANDED_OVER = Path("/proc/self/fd")  # a file that the caller opened with care: a link by nature


def open_input(path: Path, limits: Limits) -> BinaryIO:
    """Open a regular file to read; never a link, a pipe or a device, which could lead elsewhere or block.

    Raises Unreadable where there is none, TooLarge where it has more bytes than the limits allow.
    """
    try:
        descriptor = os.open(path, _FLAGS & ~os.O_NOFOLLOW if path.parent == _HANDED_OVER else _FLAGS)
    except OSError as error:
        raise Unreadable(f"{path.name} cannot be opened: {error.strerror}; a plain, readable file is needed") from error
    status = os.fstat(descriptor)
    try:
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable(f"{path.name} is not a regular file; drop the file itself")
        if status.st_size == 0:
            raise Unreadable(f"{path.name} is empty; copy it anew")
        check_bytes(path.name, status.st_size, limits)
    except Exception:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its name when the block ends well and vanishes when it does not.

    Raises NoSpace in place of an OSError that says the disk is full.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except BaseException as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        if is_disk_full(error):
            raise NoSpace(f"the disk is full: {path.name} was not written; make room, then try again") from error
        raise
