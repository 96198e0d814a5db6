"""Loops over pixels as machine code, kept on disk where a folder for it can be written."""

from collections.abc import Callable
from typing import Any, TypeVar

import numba  # type: ignore[import-untyped, unused-ignore]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile at the first call. Integers only, so that every machine writes the same bytes."""
    try:
        return numba.njit(cache=True)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # neither the package's folder nor the user's cache can be written, as under systemd
        return numba.njit(function)  # type: ignore[no-any-return]
