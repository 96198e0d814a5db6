"""LZW data of GIF images: Pillow's codec does the arithmetic; it sees one image's data and never the file."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.clips.clip import UInt8

MIN_CODE_SIZE, MAX_CODE_SIZE = 1, 11  # 8 is the most that appendix F needs; browsers take what 12-bit codes hold


class Corrupt(ValueError):
    """LZW codes that no encoder writes."""


def decode(data: bytes, width: int, height: int, interlaced: bool) -> tuple[UInt8, int]:
    """Colour indices (height, width) uint8 of one image's data, and how many rows of the picture had data.

    `data` begins with the code size and holds the sub-blocks with their lengths. Rows that the data does not reach are
    told by the count, in the order they are stored. Of an index over 255, which code sizes from 9 on allow, the lowest
    eight bits count, as in browsers. Raises Corrupt on codes out of range.
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
        return np.asarray(picture), _rows_reached(data, width, height)
    return np.asarray(picture), height


def _rows_reached(data: bytes, width: int, height: int) -> int:
    """Decode anew, not interlaced, over two different grounds: the rows that agree are the rows with data."""
    grounds = []
    for fill in (0, 255):
        picture = Image.new("L", (width, height), fill)
        try:
            picture.frombytes(data[1:], "gif", (data[0], 0, -1))
        except ValueError:
            grounds.append(np.asarray(picture))
    differing = np.flatnonzero((grounds[0] != grounds[1]).any(1))
    return int(differing[0]) if differing.size else height


def rows_with_data(height: int, stored: int, interlaced: bool) -> NDArray[np.bool_]:
    """Which rows (height,) the first `stored` rows of the data are: every 8th, 8th from 4, 4th, 2nd (appendix E)."""
    order = np.arange(height)
    if interlaced:
        order = np.concatenate([order[0::8], order[4::8], order[2::4], order[1::2]])
    reached = np.zeros(height, bool)
    reached[order[:stored]] = True
    return reached
