"""A long stream of frames as overlapping windows of bounded size, and the windows' results as one stream again."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame

OVERLAP = 6
MEGAPIXELS = 30.0  # of restored frames held at once: 90 MB, and about six times that while a window is worked on
LEAST, LEAST_OF_ALL = 4 * OVERLAP, OVERLAP + 2  # frames, however large they are; shorter windows redo more overlaps


def window_length(width: int, height: int, megapixels: float = MEGAPIXELS) -> int:
    """How many frames of the restored size (px) one window holds.

    Fewer `megapixels` than usual, asked for where memory is short, lower the least length with them.
    """
    least = np.clip(LEAST * megapixels / MEGAPIXELS, LEAST_OF_ALL, LEAST)
    return int(np.clip(megapixels * 1e6 // (width * height), least, 240))


def evened(length: int, count: int) -> int:
    """The length of as few windows of at most `length` as hold `count` frames, all alike: a short one at the end would
    have little around its frames, and keyframes of its own."""
    if count <= length:
        return length
    of_windows = -(-(count - OVERLAP) // (length - OVERLAP))
    return OVERLAP + -(-(count - OVERLAP) // of_windows)


def windows(frames: Iterable[Frame], length: int) -> Iterator[tuple[list[Frame], bool]]:
    """Windows of `length` frames, each beginning with the last `OVERLAP` frames of the one before, and whether it is
    the last."""
    stream = iter(frames)
    held = list(islice(stream, length))
    while held:
        fresh = list(islice(stream, length - OVERLAP))
        yield held, not fresh
        held = held[-OVERLAP:] + fresh if fresh else []


def restore_windows(
    frames: Iterable[Frame], length: int, restore: Callable[[list[Frame]], UInt8]
) -> Iterator[tuple[Frame, UInt8]]:
    """Each frame with its restored picture (sH, sW, 3), the results of two windows cross-faded where they overlap.

    `restore` turns a window's frames into (T, sH, sW, 3) uint8. A frame equal to the one before it keeps its picture.
    """
    tail: UInt8 | None = None
    held: tuple[Frame, UInt8] | None = None
    for window, last in windows(frames, length):
        restored = restore(window)
        if tail is not None:
            restored[:OVERLAP] = _fade(tail, restored[:OVERLAP])
        kept = len(window) if last else len(window) - OVERLAP
        for frame, picture in zip(window[:kept], restored[:kept], strict=True):
            if held is None or not np.array_equal(frame.rgb, held[0].rgb):
                held = frame, picture.copy()  # a view would hold the whole window while the next one is worked on
            yield frame, held[1]
        tail = restored[kept:].copy()
        del restored


def _fade(old: UInt8, new: UInt8) -> UInt8:
    for i in range(len(old)):
        share = np.float32((i + 1) / (len(old) + 1))
        new[i] = np.rint(old[i] * (1 - share) + new[i] * share).astype(np.uint8)
    return new
