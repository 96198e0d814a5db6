"""Hashes of files: equal digests mean equal contents."""

import hashlib
import os
from pathlib import Path


def digest(descriptor: int) -> str:
    """Return BLAKE2b-256 of an open file's whole content in hexadecimal; the descriptor's offset does not move."""
    state, offset = hashlib.blake2b(digest_size=32), 0
    while block := os.pread(descriptor, 1 << 20, offset):
        state.update(block)
        offset += len(block)
    return state.hexdigest()


def digest_of(path: Path) -> str:
    """Return the digest of the file at `path`. Raises OSError if it can't be read or is a symbolic link."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return digest(descriptor)
    finally:
        os.close(descriptor)


def digest_or_none(path: Path) -> str | None:
    """Return the digest of a regular file, or None if `path` is none."""
    return digest_of(path) if path.is_file() and not path.is_symlink() else None
