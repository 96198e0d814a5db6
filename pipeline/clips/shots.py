"""Finds the cuts of a clip and splits it into shots."""

from collections.abc import Iterable
from itertools import chain, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip, Shot

CUT_LEVELS = 18.0  # mean change of a 32x32 thumbnail, in grey levels once the brighter picture's lights are white
CUT_OVER_MOTION = 2.5  # a cut changes this many times as much as the frames around it, in the median
CUT_UNLIKE = 0.3  # flashes reach 0.21 and shakes by a thirteenth of the width 0.30; cuts begin at 0.38
_LIGHTS = 0.95  # quantile that counts as a picture's white
_LEAST_WHITE = 8.0  # grey levels; a darker picture shows too little to compare
_FLAT = 1.2  # grey levels of standard deviation; below it the structure is only rounding and noise
_SIDE = 16  # px of the thumbnails whose structure is compared
_SHIFT = 2  # px of such a thumbnail; how far a camera shake may move the picture

Grey = NDArray[np.float32]
Signature = tuple[Grey, NDArray[np.float32]]


def split(clip: Clip) -> list[Shot]:
    """Split a clip at its cuts into shots that cover it without gaps."""
    return split_frames(clip.frames)


def split_frames(frames: UInt8) -> list[Shot]:
    """Return the shots of (T, H, W, 3) uint8 sRGB frames."""
    return shots_of(signature(frame) for frame in frames)


def signature(frame: UInt8) -> Signature:
    """Return what frames are compared by: the 32x32 grey thumbnail and 4x4x4 colour histogram of an (H, W, 3) frame."""
    grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
    thumbnail = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    histogram = cv2.calcHist([frame], [0, 1, 2], None, [4, 4, 4], [0, 256] * 3)
    return thumbnail, (histogram / histogram.sum()).astype(np.float32)


def shots_of(signatures: Iterable[Signature]) -> list[Shot]:
    """Return the shots of frames, given their signatures; holds two of them at a time."""
    values = chain.from_iterable(compare_signatures(a, b) for a, b in pairwise(signatures))
    changes = np.fromiter(values, np.float64).reshape(-1, 2)
    cuts = [i + 1 for i in range(len(changes)) if _is_cut_among(changes, i)]
    bounds = [0, *cuts, len(changes) + 1]
    return [Shot(a, b) for a, b in pairwise(bounds)]


def compare_signatures(a: Signature, b: Signature) -> tuple[float, float]:
    """Return the change of picture in grey levels and the difference of scenes, from 0 (the same) to 1 and more.

    Levels are scaled as if the brighter picture's lights were white, so that dark scenes are judged like bright ones.
    The difference of scenes ignores flashes, fades and camera shake: it compares structure, or colours if one picture
    has no structure.
    """
    levels = float(np.abs(a[0] - b[0]).mean())
    if min(a[0].std(), b[0].std()) < _FLAT:
        return levels, float(np.abs(a[1] - b[1]).sum() / 2)
    white = max(_LEAST_WHITE, *(float(np.quantile(thumbnail, _LIGHTS)) for thumbnail, _ in (a, b)))
    levels *= 255.0 / white
    return levels, _unlike(a[0], b[0]) if levels > CUT_LEVELS else 0.0


def _unlike(a: Grey, b: Grey) -> float:
    """Return 1 minus the rank correlation of two thumbnails, at the shift where they agree best.

    Ranks do not depend on exposure, and hardly on clipped lights.
    """
    ranks_a, ranks_b = _ranks(a), _ranks(b)
    inner = slice(_SHIFT, _SIDE - _SHIFT)
    correlations = [
        cv2.matchTemplate(whole, np.ascontiguousarray(part[inner, inner]), cv2.TM_CCOEFF_NORMED).max()
        for whole, part in ((ranks_a, ranks_b), (ranks_b, ranks_a))
    ]
    return 1.0 - float(max(correlations))


def _ranks(thumbnail: Grey) -> Grey:
    """Return the (16, 16) ranks of a thumbnail's pixels, doubled; equal pixels share the middle of their ranks."""
    small = cv2.resize(thumbnail, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    ordered = np.sort(small, axis=None)
    ranks = np.searchsorted(ordered, small, "left") + np.searchsorted(ordered, small, "right")
    return np.asarray(ranks, np.float32)


def is_cut(a: UInt8, b: UInt8) -> bool:
    """Return whether frame `b` (H, W, 3) shows another scene than `a`, judging by these two alone."""
    levels, unlike = compare_signatures(signature(a), signature(b))
    return levels > CUT_LEVELS and unlike > CUT_UNLIKE


def _is_cut_among(changes: NDArray[np.float64], i: int) -> bool:
    """Return whether change `i` of (N, 2) changes is a cut, and not just fast motion like that around it."""
    levels, unlike = changes[i]
    if levels <= CUT_LEVELS or unlike <= CUT_UNLIKE:
        return False
    around = np.delete(changes[max(0, i - 4) : i + 5, 0], min(i, 4))
    return len(around) == 0 or levels > CUT_OVER_MOTION * float(np.median(around))
