"""What a file holds, by its hash: equal digests are equal contents."""

import hashlib
import os
from pathlib import Path


def digest(descriptor: int) -> str:
    """BLAKE2b-256 of a file's whole content, hexadecimal; the descriptor's offset does not move."""
    state, offset = hashlib.blake2b(digest_size=32), 0
    while block := os.pread(descriptor, 1 << 20, offset):
        state.update(block)
        offset += len(block)
    return state.hexdigest()


def digest_of(path: Path) -> str:
    """The same of a file by name, which must not be a link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return digest(descriptor)
    finally:
        os.close(descriptor)


def digest_or_none(path: Path) -> str | None:
    """None where there is no regular file."""
    return digest_of(path) if path.is_file() and not path.is_symlink() else None
