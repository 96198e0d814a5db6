"""Where a clip cuts from one scene to another, and where it shows one picture twice."""

from collections.abc import Iterable
from itertools import chain, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip, Shot

CUT_LEVELS = 18.0  # mean change of a 32x32 thumbnail, in grey levels; hand-held motion stays under 12
CUT_OVER_MOTION = 2.5  # how far a cut stands out of the changes around it
CUT_HISTOGRAM = 0.25  # share of pixels whose colour bin changes; a fast pan keeps its colours, a cut does not

Signature = tuple[NDArray[np.float32], NDArray[np.float32]]


def split(clip: Clip) -> list[Shot]:
    """Split a clip at its cuts into shots that cover it without gaps."""
    return split_frames(clip.frames)


def split_frames(frames: UInt8) -> list[Shot]:
    """The shots of (T, H, W, 3) uint8 sRGB frames."""
    return shots_of(signature(frame) for frame in frames)


def signature(frame: UInt8) -> Signature:
    """What a cut changes, of one (H, W, 3) frame: its 32x32 grey thumbnail and its 4x4x4 colour histogram."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    thumbnail = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    histogram = cv2.calcHist([frame], [0, 1, 2], None, [4, 4, 4], [0, 256] * 3)
    return thumbnail, (histogram / histogram.sum()).astype(np.float32)


def shots_of(signatures: Iterable[Signature]) -> list[Shot]:
    """The shots of frames of which only the signatures are given; holds two of them at a time."""
    changes = chain.from_iterable(change_of(a, b) for a, b in pairwise(signatures))
    change = np.fromiter(changes, np.float64).reshape(-1, 2)
    cuts = [i + 1 for i in range(len(change)) if _stands_out(change, i)]
    bounds = [0, *cuts, len(change) + 1]
    return [Shot(a, b) for a, b in pairwise(bounds)]


def change_of(a: Signature, b: Signature) -> tuple[float, float]:
    """Mean change of the thumbnail in grey levels, and the share of pixels whose colour bin changed."""
    return float(np.abs(a[0] - b[0]).mean()), float(np.abs(a[1] - b[1]).sum() / 2)


def is_cut(a: UInt8, b: UInt8) -> bool:
    """Whether frame `b` (H, W, 3) shows another scene than `a`, told from the two alone."""
    levels, colours = change_of(signature(a), signature(b))
    return levels > CUT_LEVELS and colours > CUT_HISTOGRAM


def _stands_out(change: NDArray[np.float64], i: int) -> bool:
    levels, colours = change[i]
    if levels <= CUT_LEVELS or colours <= CUT_HISTOGRAM:
        return False
    around = np.delete(change[max(0, i - 4) : i + 5, 0], min(i, 4))
    return len(around) == 0 or levels > CUT_OVER_MOTION * float(np.median(around))


def distinct(frames: UInt8) -> NDArray[np.intp]:
    """For each of (T, H, W, 3) frames the number of its picture: frames equal to the one before share a number."""
    new = [True, *(not np.array_equal(a, b) for a, b in pairwise(frames))]
    return np.cumsum(new) - 1
