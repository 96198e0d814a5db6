"""Decodes the LZW data of one GIF image with Pillow's codec, which never sees the rest of the file."""

import numpy as np
from PIL import Image

from pipeline.arrays import Bool, UInt8

MIN_CODE_SIZE, MAX_CODE_SIZE = 1, 11  # 8 is the most that appendix F needs; browsers take what 12-bit codes hold


class Corrupt(ValueError):
    """LZW codes that no encoder writes."""


def decode(data: bytes, width: int, height: int, interlaced: bool) -> tuple[UInt8, int]:
    """Return the colour indices (height, width) uint8 of one image, and the number of rows that the data filled.

    `data` begins with the code size and holds the sub-blocks with their lengths. Rows are counted in the order in which
    they are stored; `rows_with_data` maps the count to the picture. Of an index over 255, which code sizes from 9 on
    allow, the lowest eight bits count, as in browsers. Raises Corrupt if codes are out of range.
    """
    code_size = data[0]
    if not MIN_CODE_SIZE <= code_size <= MAX_CODE_SIZE:
        raise Corrupt(f"an LZW code size of {code_size}, where 1 to {MAX_CODE_SIZE} can be read")
    picture = Image.new("L", (width, height))
    try:
        picture.frombytes(data[1:], "gif", (code_size, interlaced, -1))
    except ValueError as error:
        if "not enough" not in str(error):
            raise Corrupt("LZW codes out of range") from error
        return np.asarray(picture), _filled_rows(data, width, height)
    return np.asarray(picture), height


def _filled_rows(data: bytes, width: int, height: int) -> int:
    """Count the rows with data: decode over two different backgrounds, where only rows with data come out equal."""
    pictures = []
    for fill in (0, 255):
        picture = Image.new("L", (width, height), fill)
        try:
            picture.frombytes(data[1:], "gif", (data[0], 0, -1))
        except ValueError:
            pictures.append(np.asarray(picture))
    rows_that_differ = np.flatnonzero((pictures[0] != pictures[1]).any(1))
    return int(rows_that_differ[0]) if rows_that_differ.size else height


def rows_with_data(height: int, stored: int, interlaced: bool) -> Bool:
    """Return which rows (height,) of the picture the first `stored` rows of the data fill.

    Interlaced data hold every 8th row, every 8th from row 4, every 4th from 2, then every 2nd from 1 (appendix E).
    """
    order = np.arange(height)
    if interlaced:
        order = np.concatenate([order[0::8], order[4::8], order[2::4], order[1::2]])
    filled = np.zeros(height, bool)
    filled[order[:stored]] = True
    return filled
