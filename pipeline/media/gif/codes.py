"""LZW out (clause 22 and appendix F), choosing among colours that are near enough those that code shortest."""

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, Int32, UInt8
from pipeline.compiled import Integer, compiled

_LAST_CODE = 4095


@compiled
def encode(
    target: UInt8,
    screen: UInt8,
    staying: Int32,
    index: UInt8,
    error: Int32,
    drawn: Bool,
    palette: Int32,
    near: UInt8,
    hold: int,
    slack: int,
    code_size: int,
) -> UInt8:
    """LZW codes of the pixels (N, …), packed; `screen` (N, 3) becomes what they show.

    The symbol after the palette's last colour keeps a pixel. A string goes on as long as the table holds one more
    symbol that is near enough: at most `slack` worse than the nearest colour, and `hold` more where the pixel stays.
    """
    out = np.empty(2 * len(target) + 64, np.uint8)
    child = np.zeros((_LAST_CODE + 1, 257), np.uint16)
    kept = palette.shape[1]
    clear = 1 << code_size
    width, following = code_size + 1, clear + 2
    bits, held, at = np.uint64(clear), np.uint64(width), 0
    node: Integer = -1
    for i in range(len(target)):
        chosen: Integer = -1
        if node >= 0:
            chosen = _going_on(child, node, target, i, staying[i], palette, near, error[i], hold, slack)
        if chosen >= 0:
            node = np.int64(child[node, chosen])
        else:
            chosen = np.int64(index[i]) if drawn[i] else kept
            if node >= 0:
                bits |= np.uint64(node) << held
                held += np.uint64(width)
                if following == 1 << width and width < 12:
                    width += 1
                if following < _LAST_CODE:
                    child[node, chosen] = following
                    following += 1
                else:
                    bits |= np.uint64(clear) << held
                    held += np.uint64(width)
                    child[:] = 0
                    width, following = code_size + 1, clear + 2
                bits, held, at = _flush(out, at, bits, held)
            node = chosen
        if chosen != kept:
            for c in range(3):
                screen[i, c] = palette[c, chosen]
    bits |= np.uint64(node) << held
    held += np.uint64(width)
    if following == 1 << width and width < 12:
        width += 1
    bits |= np.uint64(clear + 1) << held  # the end code
    held += np.uint64(width + 7)  # and the last byte's unused bits
    bits, held, at = _flush(out, at, bits, held)
    return out[:at]


@compiled
def _going_on(
    child: NDArray[np.uint16],
    node: Integer,
    target: UInt8,
    i: int,
    staying: Integer,
    palette: Int32,
    near: UInt8,
    error: Integer,
    hold: int,
    slack: int,
) -> Integer:
    """The nearest symbol that a string in the table goes on with, or -1 where none is near enough."""
    kept = palette.shape[1]
    chosen: Integer = -1
    best: Integer = error + slack + 1
    if child[node, kept] and staying <= error + hold + slack:
        chosen, best = kept, staying - hold
    if staying > 0:
        r, g, b = np.int32(target[i, 0]), np.int32(target[i, 1]), np.int32(target[i, 2])
        cell = (r >> 2) << 12 | (g >> 2) << 6 | b >> 2
        for k in range(near.shape[1]):
            j = np.int32(near[cell, k])
            if child[node, j]:
                dr, dg, db = palette[0, j] - r, palette[1, j] - g, palette[2, j] - b
                distance = dr * dr + dg * dg + db * db
                if distance < best:
                    chosen, best = j, distance
    return chosen


@compiled
def _flush(out: UInt8, at: int, bits: np.uint64, held: np.uint64) -> tuple[np.uint64, np.uint64, int]:
    while held >= np.uint64(8):
        out[at] = np.uint8(bits & np.uint64(255))
        at += 1
        bits >>= np.uint64(8)
        held -= np.uint64(8)
    return bits, held, at
