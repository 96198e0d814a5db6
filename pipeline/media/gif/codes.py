"""Writes LZW codes (clause 22 and appendix F), preferring, among colours that are near enough, the one that codes best.

Everything here is compiled and works on flat arrays, one entry a pixel.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, Int32, UInt8
from pipeline.compiled import Integer, compiled

F = TypeVar("F", bound=Callable[..., Any])
_LAST_CODE = 4095
_LONGEST_CODE = 12  # bits


def _inlined(function: F) -> F:
    """Compile into the caller: as a call, `_append` made `encode` a third slower."""
    return compiled(function, inline="always")


@compiled
def encode(
    target: UInt8,
    screen: UInt8,
    keep_error: Int32,
    index: UInt8,
    error: Int32,
    drawn: Bool,
    palette: Int32,
    near: UInt8,
    hold: int,
    slack: int,
    code_size: int,
) -> UInt8:
    """Return the packed LZW codes of the pixels (N, …); `screen` (N, 3) is changed to what they show.

    The symbol after the palette's last colour keeps a pixel. A string grows as long as the table continues it with a
    symbol that is near enough: at most `slack` worse than the nearest colour, and `hold` more if it keeps the pixel.
    """
    out = np.empty(2 * len(target) + 64, np.uint8)
    child = np.zeros((_LAST_CODE + 1, 257), np.uint16)
    keep, clear = palette.shape[1], 1 << code_size
    width, next_code = code_size + 1, clear + 2
    at, bits, pending = _append(out, 0, np.uint64(0), np.uint64(0), clear, width)
    node: Integer = -1
    for i in range(len(target)):
        symbol = _continuation(child, node, target, i, keep_error[i], palette, near, error[i], hold, slack)
        if symbol >= 0:
            node = np.int64(child[node, symbol])
        else:
            symbol = np.int64(index[i]) if drawn[i] else keep
            if node >= 0:
                at, bits, pending = _append(out, at, bits, pending, node, width)
                width = _grown(width, next_code)
                child[node, symbol] = next_code
                next_code += 1
            if next_code > _LAST_CODE:
                at, bits, pending = _append(out, at, bits, pending, clear, width)
                child[:] = 0
                width, next_code = code_size + 1, clear + 2
            node = symbol
        _draw(screen, i, palette, symbol)
    at, bits, pending = _append(out, at, bits, pending, node, width)
    at, bits, pending = _append(out, at, bits, pending, clear + 1, _grown(width, next_code) + 7)  # 7 fill a byte
    return out[:at]


@compiled
def _continuation(
    child: NDArray[np.uint16],
    node: Integer,
    target: UInt8,
    i: int,
    keep_error: Integer,
    palette: Int32,
    near: UInt8,
    error: Integer,
    hold: int,
    slack: int,
) -> Integer:
    """Return the nearest symbol with which the table continues the string `node`, or -1 if none is near enough."""
    keep = palette.shape[1]
    symbol: Integer = -1
    if node < 0:
        return symbol
    best: Integer = error + slack + 1
    if child[node, keep] and keep_error <= error + hold + slack:
        symbol, best = keep, keep_error - hold
    if keep_error > 0:
        r, g, b = np.int32(target[i, 0]), np.int32(target[i, 1]), np.int32(target[i, 2])
        cell = (r >> 2) << 12 | (g >> 2) << 6 | b >> 2
        for k in range(near.shape[1]):
            j = np.int32(near[cell, k])
            if child[node, j]:
                dr, dg, db = palette[0, j] - r, palette[1, j] - g, palette[2, j] - b
                distance = dr * dr + dg * dg + db * db
                if distance < best:
                    symbol, best = j, distance
    return symbol


@compiled
def _draw(screen: UInt8, i: int, palette: Int32, symbol: Integer) -> None:
    """Give pixel i the colour of a symbol, unless the symbol is the one that keeps the pixel."""
    if symbol < palette.shape[1]:
        for c in range(3):
            screen[i, c] = palette[c, symbol]


@compiled
def _grown(width: int, next_code: int) -> int:
    """Return the width of the code after this one, in bits."""
    return width + 1 if next_code == 1 << width and width < _LONGEST_CODE else width


@_inlined
def _append(
    out: UInt8, at: int, bits: np.uint64, pending: np.uint64, code: Integer, width: int
) -> tuple[int, np.uint64, np.uint64]:
    """Add a code to the `pending` low bits of `bits` and move whole bytes to `out`."""
    bits |= np.uint64(code) << pending
    pending += np.uint64(width)
    while pending >= np.uint64(8):
        out[at] = np.uint8(bits & np.uint64(255))
        at += 1
        bits >>= np.uint64(8)
        pending -= np.uint64(8)
    return at, bits, pending
