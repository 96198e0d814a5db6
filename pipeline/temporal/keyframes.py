"""The scheduler: restores the frames that need it and carries the rest, one more keyframe wherever trust is lost."""

from collections.abc import Callable, Sequence
from hashlib import blake2b

import cv2
import numpy as np

from pipeline.clip import Int32
from pipeline.settings import Temporal
from pipeline.temporal.ahead import ahead
from pipeline.temporal.carry import Carried, Carrier
from pipeline.temporal.distinct import Distinct
from pipeline.temporal.flow import Estimator, UInt8, in_rgb, smooth_flow
from pipeline.temporal.settle import settle
from pipeline.temporal.stabiliser import CARRIED, spaced, stabilise

Restore = Callable[[UInt8], UInt8]
Region = tuple[slice, slice]

_LONGEST_GAP_MS = 600  # an expression changes in this time, however many frames show it


def restore_keyframes(
    source: UInt8,
    restore: Restore,
    settings: Temporal,
    durations_ms: Sequence[int] | Int32 | None = None,
    loops: bool = False,
    *,
    features: Sequence[Region] = (),
    noise_sigma: float = 0.0,
    estimate: Estimator = smooth_flow,
) -> tuple[UInt8, list[int]]:
    """Return (T, H, W, 3) uint8 frames and the sorted indices that `restore` was called for.

    `source` is one shot, (T, H, W, 3) uint8 sRGB at the restorer's size; `restore` maps (N, H, W, 3) uint8 to the
    same. `features` are the rows and columns of what moves on its own (eyes, mouth): each must be trusted by itself,
    or one more frame is restored. Equal frames are restored once. With `settings.keyframes` False every distinct frame
    is restored and stabilised. What `restore` raises goes through.
    """
    if len(source) == 0:
        return source.copy(), []
    distinct = Distinct.of(source)
    shot = distinct.pick(source)
    once = _Once(shot, restore)
    if settings.keyframes:
        gap = _gap(settings, durations_ms, distinct)
        frames = _carried(shot, once, gap, settings, loops, features, noise_sigma, estimate)
        settle(shot, frames, CARRIED * settings.strength, loops, noise_sigma, estimate)
    else:
        restored = np.stack(list(once(range(len(shot))).values()))
        frames = stabilise(
            shot, restored, strength=settings.strength, loops=loops, noise_sigma=noise_sigma, estimate=estimate
        )
    whole = frames if len(shot) == len(source) else frames[distinct.run]
    return whole, sorted(int(distinct.first[i]) for i in once.called)


class _Once:
    """Restores frames by index, in one batch a call, and never two frames of equal bytes."""

    def __init__(self, shot: UInt8, restore: Restore) -> None:
        self.shot, self.restore = shot, restore
        self.called: list[int] = []
        self._restored: dict[bytes, UInt8] = {}

    def __call__(self, indices: Sequence[int]) -> dict[int, UInt8]:
        wanted = {i: blake2b(self.shot[i]).digest() for i in indices}
        new = {frame: i for i, frame in reversed(wanted.items()) if frame not in self._restored}
        if new:
            order = sorted(new.values())
            self.called += order
            for i, restored in zip(order, self.restore(self.shot[order]), strict=True):
                self._restored[wanted[i]] = restored
        return {i: self._restored[frame] for i, frame in wanted.items()}


def _carried(
    shot: UInt8,
    once: _Once,
    gap: int,
    settings: Temporal,
    loops: bool,
    features: Sequence[Region],
    noise_sigma: float,
    estimate: Estimator,
) -> UInt8:
    """Return all frames, bisecting each interval between keyframes until what is carried is trusted."""
    keys = once(spaced(len(shot), gap, loops))
    frames = shot.copy()
    pending = [i for i in range(len(shot)) if i not in keys]
    while pending:
        carrier = Carrier(shot, keys, loops, estimate, noise_sigma)
        unsure = []
        for i, carried in zip(pending, ahead(carrier.carry, pending), strict=True):
            frames[i] = _shown(shot[i], carried)
            if _unsure(carried, settings.min_confidence, features) > settings.max_unsure:
                unsure.append(i)
        middles = sorted({_middle(i, sorted(keys), len(shot), loops) for i in unsure})
        split = [i for i in pending if _middle(i, sorted(keys), len(shot), loops) in middles]
        keys |= once(middles)
        pending = [i for i in split if i not in keys]
    for i, frame in keys.items():
        frames[i] = frame
    return frames


def _middle(index: int, keys: Sequence[int], count: int, loops: bool) -> int:
    """Return the index halfway between the keyframes before and after `index`."""
    around = [*keys, keys[0] + count] if loops else list(keys)
    before, after = max(key for key in keys if key < index), min(key for key in around if key > index)
    return (before + after) // 2


def _unsure(carried: Carried, min_confidence: float, features: Sequence[Region]) -> float:
    """Return the share of what is added that lies where confidence is low: of the face, or a feature if that is more.

    Weighted by how much the restorer added there: that is most at eyes and mouth, which move on their own.
    """
    weight = cv2.blur(cv2.transform(np.abs(carried.added), np.full((1, 3), 1 / 3)), (15, 15)) + 1.0
    unsure = weight * (carried.confidence < min_confidence)
    parts = [(slice(None), slice(None)), *features]
    return max(float(unsure[part].sum() / weight[part].sum()) for part in parts)


def _shown(source: UInt8, carried: Carried) -> UInt8:
    added = cv2.multiply(carried.added, in_rgb(carried.confidence))
    return np.asarray(cv2.add(source, added, dtype=cv2.CV_8U), np.uint8)


def _gap(settings: Temporal, durations_ms: Sequence[int] | Int32 | None, distinct: Distinct) -> int:
    """Return the gap in frames: `max_keyframe_gap`, and no longer than the time in which a face changes."""
    if durations_ms is None or not np.sum(durations_ms):
        return settings.max_keyframe_gap
    mean_ms = float(np.sum(durations_ms)) / len(distinct.first)
    return max(1, min(settings.max_keyframe_gap, round(_LONGEST_GAP_MS / mean_ms)))
