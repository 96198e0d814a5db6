"""Loops over pixels as machine code, kept on disk where a folder for it can be written."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
Integer = int | np.integer[Any]


def compiled(function: F, **options: Any) -> F:
    """Compile at the first call, with numba's options.

    What writes GIFs computes with integers only, so that every machine writes the same bytes.
    """
    try:
        kept: Any = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return cast(F, numba.njit(**options)(function))
    _forgive(kept._cache)
    return cast(F, kept)


def _forgive(cache: Any) -> None:
    """Whatever is wrong with the files on disk costs no more than to compile again; damaged ones are made anew."""
    load, save = cache.load_overload, cache.save_overload

    def loaded(*key: Any) -> Any:
        try:
            return load(*key)
        except Exception:  # whatever unpickling makes of damaged bytes
            with suppress(OSError):
                cache.flush()
            return None

    def saved(*code: Any) -> None:
        with suppress(OSError, EOFError):  # the disk is full, the index cut off
            save(*code)

    cache.load_overload, cache.save_overload = loaded, saved
