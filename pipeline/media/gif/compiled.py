"""Loops over pixels as machine code, kept on disk where a folder for it can be written."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
Integer = int | np.integer[Any]


def compiled(function: F) -> F:
    """Compile at the first call. Integers only, so that every machine writes the same bytes."""
    try:
        return cast(F, numba.njit(cache=True)(function))
    except RuntimeError:  # neither the package's folder nor the user's cache can be written, as under systemd
        return cast(F, numba.njit(function))
