"""The scheduler: restores the frames that need it and carries the rest, one more keyframe wherever trust is lost."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from math import ceil

import cv2
import numpy as np

from pipeline.ahead import ahead
from pipeline.arrays import Float32, Float64, Int32, UInt8
from pipeline.clips.clip import shown_ms
from pipeline.clips.equal_frames import Distinct
from pipeline.motion.flow import Estimator, smooth_flow
from pipeline.settings import Temporal
from pipeline.steadiness.carry import Carried, Carrier
from pipeline.steadiness.settle import settle
from pipeline.steadiness.stabiliser import CARRIED, stabilise

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
    shown: Float32 | None = None,
    known: Mapping[int, UInt8] | None = None,
    noise_sigma: float = 0.0,
    estimate: Estimator = smooth_flow,
) -> tuple[UInt8, list[int]]:
    """Return (T, H, W, 3) uint8 frames and the sorted indices that `restore` was called for.

    `source` is one shot, (T, H, W, 3) uint8 sRGB at the restorer's size; `restore` maps (N, H, W, 3) uint8 to the
    same. `features` are the rows and columns of what moves on its own (eyes, mouth): each must be trusted by itself,
    or one more frame is restored. `shown` (H, W) float32, 0 to 1, is how much of each pixel will be seen: a corner that
    the paste leaves out needs no trust. `known` are frames that are restored already, by index: keyframes for nothing,
    which the first of them begin. Equal frames are restored once. With `settings.keyframes` False every distinct
    frame is restored and stabilised. What `restore` raises goes through.
    """
    if len(source) == 0:
        return source.copy(), []
    distinct = Distinct.of(source)
    shot = distinct.pick(source)
    once = _Once(shot, restore)
    given = {int(distinct.run[i]): frame for i, frame in (known or {}).items()}
    if settings.keyframes:
        pace = _pace(settings, durations_ms, distinct)
        doubt = _Doubt(settings, features, np.ones(shot.shape[1:3], np.float32) if shown is None else shown)
        carrier = partial(Carrier, shot, loops=loops, estimate=estimate, noise_sigma=noise_sigma)
        keys = given | once(_first(pace, loops, given))
        frames = _carried(shot, keys, once, doubt, carrier)
        settle(shot, frames, CARRIED * settings.strength, loops, noise_sigma, estimate)
    else:
        restored = np.stack(list(once(range(len(shot))).values()))
        frames = stabilise(
            shot, restored, strength=settings.strength, loops=loops, noise_sigma=noise_sigma, estimate=estimate
        )
    whole = frames if len(shot) == len(source) else frames[distinct.run]
    return whole, sorted(int(distinct.first[i]) for i in once.called)


@dataclass(frozen=True, slots=True)
class _Doubt:
    """How far a carried frame is from being trusted."""

    settings: Temporal
    features: Sequence[Region]
    shown: Float32

    def of(self, carried: Carried) -> float:
        """Return the share of what is added that is likely wrong: of the face, or of a feature if that is more.

        Weighted by how much the restorer added there: that is most at eyes and mouth, which move on their own.
        """
        weight = cv2.blur(cv2.transform(np.abs(carried.added), np.full((1, 3), 1 / 3)), (15, 15)) + 1.0
        weight *= self.shown
        unsure = weight * (carried.likely < self.settings.min_confidence)
        parts = [(slice(None), slice(None)), *self.features]
        return max(float(unsure[part].sum() / max(weight[part].sum(), 1e-6)) for part in parts)


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


def _carried(shot: UInt8, keys: dict[int, UInt8], once: _Once, doubt: _Doubt, carrier: Callable[..., Carrier]) -> UInt8:
    """Return all frames, bisecting each interval between `keys` until what is carried is trusted."""
    frames = shot.copy()
    pending = [i for i in range(len(shot)) if i not in keys]
    while pending:
        unsure = set()
        for i, carried in zip(pending, ahead(carrier(keyframes=keys).carry, pending), strict=True):
            frames[i] = carried.over(shot[i])
            if doubt.of(carried) > doubt.settings.max_unsure:
                unsure.add(_middle(i, sorted(keys), len(shot)))
        split = [i for i in pending if _middle(i, sorted(keys), len(shot)) in unsure]
        keys |= once(sorted(unsure))
        pending = [i for i in split if i not in keys]
    for i, frame in keys.items():
        frames[i] = frame
    return frames


def _first(pace: Float64, loops: bool, given: Mapping[int, UInt8]) -> list[int]:
    """Return the frames to restore first: both ends and those between, or from the first that is given on."""
    start = min(given, default=0)
    return [start + i for i in paced(pace[start:], loops and not given) if start + i not in given]


def paced(pace: Float64, loops: bool) -> list[int]:
    """Return indices that the frames' shares of a gap, (N,), add up to about 1 between, both ends among them (a loop's
    end is its start)."""
    at = np.concatenate([[0.0], np.cumsum(pace)])
    end = at[-1] if loops else at[-2]
    steps = max(1, ceil(end - 1e-6))
    places = np.rint(np.interp(np.linspace(0, end, steps + 1), at, np.arange(len(at))))
    return sorted({int(place) % len(pace) for place in places})


def _middle(index: int, keys: Sequence[int], count: int) -> int:
    """Return the index halfway between the keyframes around `index`.

    Before the first, intervals begin at the first frame; a loop's last interval ends at `count`.
    """
    before, after = max([key for key in keys if key < index] or [0]), min([k for k in keys if k > index] or [count])
    return (before + after) // 2


def _pace(settings: Temporal, durations_ms: Sequence[int] | Int32 | None, distinct: Distinct) -> Float64:
    """Return what share of a gap each distinct frame takes, by `max_keyframe_gap` or by its time, whichever is more."""
    by_count = np.full(len(distinct.first), 1 / settings.max_keyframe_gap)
    if durations_ms is None:
        return by_count
    shown = np.bincount(distinct.run, [shown_ms(int(ms)) for ms in durations_ms])
    return np.asarray(np.maximum(by_count, np.minimum(shown / _LONGEST_GAP_MS, 1)), np.float64)
