"""Compiles loops over pixels to machine code, and caches it on disk if a cache folder can be written."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
Integer = int | np.integer[Any]


def compiled(function: F, **options: Any) -> F:
    """Return a function that compiles at its first call, with numba's options.

    The loops that write GIFs compute with integers only, so that every machine writes the same bytes.
    """
    try:
        cached: Any = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache can be written
        return cast(F, numba.njit(**options)(function))
    _tolerate_damage(cached._cache)
    return cast(F, cached)


def _tolerate_damage(cache: Any) -> None:
    """Compile again if the cached files can't be read, replace damaged ones, and go on if they can't be written."""
    load, save = cache.load_overload, cache.save_overload

    def load_or_none(*key: Any) -> Any:
        try:
            return load(*key)
        except Exception:  # unpickling damaged bytes can raise anything
            with suppress(OSError):
                cache.flush()
            return None

    def save_if_possible(*code: Any) -> None:
        with suppress(OSError, EOFError):  # the disk is full, or the index is truncated
            save(*code)

    cache.load_overload, cache.save_overload = load_or_none, save_if_possible
