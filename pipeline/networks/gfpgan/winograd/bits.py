"""Values of maps in compiled loops: float32, or the bits of bfloat16 as uint16, which NumPy does not know."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import types
from numba.extending import overload

from pipeline.compiled import compiled

F = TypeVar("F", bound=Callable[..., Any])


def floats(function: F) -> F:
    """Compile for threads beside one another; a product and a sum may become one instruction."""
    return compiled(function, nogil=True, fastmath={"contract", "nsz"}, error_model="numpy")


def value(number: Any) -> Any:
    """The float32 of a float32 or of the bits of a bfloat16."""
    raise NotImplementedError


def stored(number: Any, to: Any) -> Any:
    """A float32 as the array `to` holds it."""
    raise NotImplementedError


@overload(value)
def _value(number: Any) -> Callable[..., Any]:
    def same(number: Any) -> Any:
        return number

    def from_bits(number: Any) -> Any:
        return widened(number)

    return same if isinstance(number, types.Float) else from_bits


@overload(stored)
def _stored(number: Any, to: Any) -> Callable[..., Any]:
    def same(number: Any, to: Any) -> Any:
        return number

    def to_bits(number: Any, to: Any) -> Any:
        return rounded(number)

    return same if isinstance(to.dtype, types.Float) else to_bits


@floats
def widened(bits: Any) -> Any:
    """The float32 that the bits of a bfloat16 mean."""
    return np.uint32(np.uint32(bits) << np.uint32(16)).view(np.float32)  # numba shifts in 64 bits


@floats
def rounded(number: Any) -> Any:
    """The bits of the bfloat16 nearest to a float32, ties to even; what is not a number stays so."""
    bits = np.float32(number).view(np.uint32)
    nearest = (bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))) >> np.uint32(16)
    return np.uint16(0x7FC0) if np.isnan(number) else np.uint16(nearest)
