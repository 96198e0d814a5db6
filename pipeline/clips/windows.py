"""Cuts a stream of frames into overlapping windows of bounded size, and joins the windows' results into one stream."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip, Frame
from pipeline.clips.equal_frames import EqualFrames
from pipeline.clips.window import Window

OVERLAP = 6
MEGAPIXELS = 30.0  # of restored frames in memory at once: 90 MB, and about six times that while a window is restored
LEAST, LEAST_OF_ALL = 4 * OVERLAP, OVERLAP + 2  # frames, of any size; shorter windows repeat more overlaps


def window_length(width: int, height: int, megapixels: float = MEGAPIXELS) -> int:
    """Return how many frames of the restored size (px) a window holds.

    If memory is short and `megapixels` is below the default, the minimum length is lower too.
    """
    least = np.clip(LEAST * megapixels / MEGAPIXELS, LEAST_OF_ALL, LEAST)
    return int(np.clip(megapixels * 1e6 // (width * height), least, 240))


def even_length(length: int, count: int) -> int:
    """Return the length at which the fewest windows of at most `length` hold `count` frames and are about equally long.

    A short window at the end would give its frames little context, and need keyframes of its own.
    """
    if count <= length:
        return length
    window_count = -(-(count - OVERLAP) // (length - OVERLAP))
    return OVERLAP + -(-(count - OVERLAP) // window_count)


def windows(frames: Iterable[Frame], length: int, loop: int | None = None) -> Iterator[Window]:
    """Cut a clip into windows of `length` frames, each starting with the last `OVERLAP` frames of the one before.

    `loop` is the clip's loop count; a window gets it only if it is the whole clip.
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
    """Yield each frame with its restored picture (sH, sW, 3); where two windows overlap, their results are cross-faded.

    `restore` turns a window into (T, sH, sW, 3) uint8. A duplicate frame gets the picture of the frame before it.
    """
    overlap: UInt8 | None = None  # the last window's results for the frames that the next one has too
    picture: UInt8 | None = None
    is_repeat = False
    for window in windows(frames, length, loop):
        restored = restore(window)
        if overlap is not None:
            restored[:OVERLAP] = _fade(overlap, restored[:OVERLAP])
        count = len(window) if window.is_last else len(window) - OVERLAP
        for i in range(count):
            if i > 0:
                is_repeat = window.repeats(i)
            if picture is None or not is_repeat:
                picture = restored[i].copy()  # a view would keep the whole window in memory
            yield window.frames.frame(i), picture
        if not window.is_last:
            is_repeat = window.repeats(count)  # the next window starts with this frame
        overlap = restored[count:].copy()
        del restored


def _fade(old: UInt8, new: UInt8) -> UInt8:
    for i in range(len(old)):
        share = np.float32((i + 1) / (len(old) + 1))
        new[i] = np.rint(old[i] * (1 - share) + new[i] * share).astype(np.uint8)
    return new
