"""A long stream of frames as overlapping windows of bounded size, and the windows' results as one stream again."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip, Frame
from pipeline.clips.equal_frames import EqualFrames
from pipeline.clips.window import Window

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


def windows(frames: Iterable[Frame], length: int, loop: int | None = None) -> Iterator[Window]:
    """Cut a clip into windows of `length` frames, each beginning with the last `OVERLAP` frames of the one before.

    `loop` is the clip's; a window has it only if it is the whole clip.
    """
    stream, start = iter(frames), 0
    held_frames = list(islice(stream, length))
    while held_frames:
        next_frames = list(islice(stream, length - OVERLAP))
        clip = Clip.of(held_frames, None if start or next_frames else loop)
        held_frames = held_frames[-OVERLAP:] if next_frames else []
        yield Window(clip, EqualFrames.find(clip.frames), start, OVERLAP if start else 0, not next_frames)
        start += len(clip) - OVERLAP
        held_frames += next_frames


def restore_windows(
    frames: Iterable[Frame], length: int, restore: Callable[[Window], UInt8], loop: int | None = None
) -> Iterator[tuple[Frame, UInt8]]:
    """Each frame with its restored picture (sH, sW, 3), the results of two windows cross-faded where they overlap.

    `restore` turns a window into (T, sH, sW, 3) uint8. A frame equal to the one before it keeps its picture.
    """
    faded: UInt8 | None = None  # the last window's results that the next one is cross-faded with
    picture: UInt8 | None = None
    is_repeat = False
    for window in windows(frames, length, loop):
        restored = restore(window)
        if faded is not None:
            restored[:OVERLAP] = _fade(faded, restored[:OVERLAP])
        count = len(window) if window.is_last else len(window) - OVERLAP
        for i in range(count):
            if i > 0:
                is_repeat = window.repeats(i)
            if picture is None or not is_repeat:
                picture = restored[i].copy()  # a view would hold the whole window while the next one is worked on
            yield window.frames.frame(i), picture
        if not window.is_last:
            is_repeat = window.repeats(count)  # the next window begins with this frame
        faded = restored[count:].copy()
        del restored


def _fade(old: UInt8, new: UInt8) -> UInt8:
    for i in range(len(old)):
        share = np.float32((i + 1) / (len(old) + 1))
        new[i] = np.rint(old[i] * (1 - share) + new[i] * share).astype(np.uint8)
    return new
