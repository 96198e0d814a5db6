"""Open files from strangers with care."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import Unreadable
from pipeline.settings import Limits

from .limits import check_bytes

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN_DESCRIPTORS = Path("/proc/self/fd")  # a file that the caller has opened with care; its path here is always a link


def open_input(path: Path, limits: Limits) -> BinaryIO:
    """Open a regular file to read. Never opens a link, a pipe or a device, which could lead elsewhere or block.

    Raises Unreadable if there is no such file, TooLarge if it has more bytes than the limits allow.
    """
    try:
        descriptor = os.open(path, _FLAGS & ~os.O_NOFOLLOW if path.parent == _OPEN_DESCRIPTORS else _FLAGS)
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
