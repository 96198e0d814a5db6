"""Where a clip cuts from one scene to another."""

from collections.abc import Iterable
from itertools import chain, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip, Shot

CUT_LEVELS = 18.0  # mean change of a 32x32 thumbnail, in grey levels of a picture whose lights are white
CUT_OVER_MOTION = 2.5  # how far a cut stands out of the changes around it
CUT_UNLIKE = 0.3  # flashes reach 0.21 and shakes by a thirteenth of the width 0.30; cuts begin at 0.38
_LIGHTS = 0.95  # quantile that is taken for a picture's white
_LEAST_WHITE = 8.0  # grey levels; nothing can be told from what is darker
_FLAT = 1.2  # grey levels of standard deviation; where there is less, rounding and noise are the structure
_SIDE = 16  # px of the thumbnails whose structure is compared
_SHIFT = 2  # px of those by which a shake may move the picture

Grey = NDArray[np.float32]
Signature = tuple[Grey, NDArray[np.float32]]


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
    """How much the picture changed, in grey levels, and how unlike the two are, 0 (one scene) to 1 and more.

    Levels count as if the brighter one's lights were white, so that a dark scene is judged as a bright one. Unlike is
    what no flash, fade or shake explains: two structures, or, where one picture has none, the share of pixels whose
    colour changed.
    """
    levels = float(np.abs(a[0] - b[0]).mean())
    if min(a[0].std(), b[0].std()) < _FLAT:
        return levels, float(np.abs(a[1] - b[1]).sum() / 2)
    white = max(_LEAST_WHITE, *(float(np.quantile(thumbnail, _LIGHTS)) for thumbnail, _ in (a, b)))
    levels *= 255.0 / white
    return levels, _unlike(a[0], b[0]) if levels > CUT_LEVELS else 0.0


def _unlike(a: Grey, b: Grey) -> float:
    """1 less the rank correlation of two thumbnails, at the shift where they agree best.

    Ranks stay as they are whatever the exposure does, and mostly where it clips.
    """
    one, other = _ranks(a), _ranks(b)
    inner = slice(_SHIFT, _SIDE - _SHIFT)
    likeness = [
        cv2.matchTemplate(whole, np.ascontiguousarray(part[inner, inner]), cv2.TM_CCOEFF_NORMED).max()
        for whole, part in ((one, other), (other, one))
    ]
    return 1.0 - float(max(likeness))


def _ranks(thumbnail: Grey) -> Grey:
    """The (16, 16) ranks of a thumbnail's pixels, equal ones sharing their middle."""
    small = cv2.resize(thumbnail, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    ordered = np.sort(small, axis=None)
    ranks = np.searchsorted(ordered, small, "left") + np.searchsorted(ordered, small, "right")
    return np.asarray(ranks, np.float32)


def is_cut(a: UInt8, b: UInt8) -> bool:
    """Whether frame `b` (H, W, 3) shows another scene than `a`, told from the two alone."""
    levels, unlike = change_of(signature(a), signature(b))
    return levels > CUT_LEVELS and unlike > CUT_UNLIKE


def _stands_out(change: NDArray[np.float64], i: int) -> bool:
    levels, unlike = change[i]
    if levels <= CUT_LEVELS or unlike <= CUT_UNLIKE:
        return False
    around = np.delete(change[max(0, i - 4) : i + 5, 0], min(i, 4))
    return len(around) == 0 or levels > CUT_OVER_MOTION * float(np.median(around))
