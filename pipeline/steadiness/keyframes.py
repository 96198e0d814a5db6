"""The keyframe scheduler: restores some frames, carries them to the rest, and adds keyframes where that is unsure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil

import cv2
import numpy as np

from pipeline.arrays import Float32, Float64, Int32, UInt8
from pipeline.clips.clip import shown_ms
from pipeline.clips.equal_frames import EqualFrames
from pipeline.motion.flow import Estimator, smooth_flow
from pipeline.settings import Temporal
from pipeline.steadiness.carry import Carried
from pipeline.steadiness.shot_transport import ShotTransport
from pipeline.steadiness.stabiliser import stabilise

Restore = Callable[[UInt8], UInt8]
Region = tuple[slice, slice]

_LONGEST_GAP_MS = 600  # an expression can change in this time, however few frames show it


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
    same. `features` are the rows and columns of the parts that move on their own (eyes, mouth): each must be trusted
    by itself. `shown` (H, W) float32, 0 to 1, is how visible each pixel will be: the others need no trust. `known` are
    restored frames by index: they are keyframes already, and the others are placed from the first of them on. Equal
    frames are restored once. If `settings.keyframes` is False, all frames are restored and then stabilised.
    """
    if len(source) == 0:
        return source.copy(), []
    equal = EqualFrames.find(source)
    shot = equal.pick(source)
    restorer = _CachedRestorer(shot, restore)
    known_keys = {int(equal.picture[i]): frame for i, frame in (known or {}).items()}
    if settings.keyframes:
        doubt = _Doubt(settings, features, np.ones(shot.shape[1:3], np.float32) if shown is None else shown)
        first = _first_keyframes(_gap_shares(settings, durations_ms, equal), loops, known_keys)
        keys = known_keys | restorer.restore_frames(first)
        transport = ShotTransport(shot, keys, loops, noise_sigma, estimate)
        _carry_until_trusted(transport, restorer, doubt)
        frames = transport.settle(settings.strength)
    else:
        frames = stabilise(
            shot,
            np.stack(list(restorer.restore_frames(range(len(shot))).values())),
            strength=settings.strength,
            loops=loops,
            noise_sigma=noise_sigma,
            estimate=estimate,
            equal=EqualFrames.none(len(shot)),
        )
    return equal.repeat(frames), sorted(int(equal.first[i]) for i in restorer.restored_indices)


@dataclass(frozen=True, slots=True)
class _Doubt:
    """Judges how much of a carried frame is likely wrong."""

    settings: Temporal
    features: Sequence[Region]
    shown: Float32

    def share_unsure(self, carried: Carried) -> float:
        """Return the unsure share of the face, or of the feature where it is largest, 0 to 1.

        Pixels are weighted by how much the restorer added, which is most at eyes and mouth, which move on their own.
        """
        weight = cv2.blur(cv2.transform(np.abs(carried.added), np.full((1, 3), 1 / 3)), (15, 15)) + 1.0
        weight *= self.shown
        unsure = weight * (carried.likely < self.settings.min_confidence)
        parts = [(slice(None), slice(None)), *self.features]
        return max(float(unsure[part].sum() / max(weight[part].sum(), 1e-6)) for part in parts)


class _CachedRestorer:
    """Restores frames by index, in one batch a call, and frames of equal bytes only once."""

    def __init__(self, shot: UInt8, restore: Restore) -> None:
        self.shot, self.restore = shot, restore
        self.restored_indices: list[int] = []
        self._restored: dict[bytes, UInt8] = {}

    def restore_frames(self, indices: Sequence[int]) -> dict[int, UInt8]:
        """Return the restored frames by index; only those that are not cached are restored."""
        digests = {i: blake2b(self.shot[i]).digest() for i in indices}
        new = {digest: i for i, digest in reversed(digests.items()) if digest not in self._restored}
        if new:
            order = sorted(new.values())
            self.restored_indices += order
            for i, restored in zip(order, self.restore(self.shot[order]), strict=True):
                self._restored[digests[i]] = restored
        return {i: self._restored[digest] for i, digest in digests.items()}


def _carry_until_trusted(transport: ShotTransport, restorer: _CachedRestorer, doubt: _Doubt) -> None:
    """Carry the keyframes to all frames; halve an interval between keyframes until what is carried there is trusted."""
    count = len(transport.source)
    pending = [i for i in range(count) if i not in transport.keyframes]
    while pending:
        keys, new_keys = sorted(transport.keyframes), set()
        for i, carried in zip(pending, transport.carry(pending), strict=True):
            if doubt.share_unsure(carried) > doubt.settings.max_unsure:
                new_keys.add(_middle(i, keys, count))
        in_split_intervals = [i for i in pending if _middle(i, keys, count) in new_keys]
        transport.keyframes |= restorer.restore_frames(sorted(new_keys))
        pending = [i for i in in_split_intervals if i not in transport.keyframes]


def _first_keyframes(gap_shares: Float64, loops: bool, known: Mapping[int, UInt8]) -> list[int]:
    """Return the frames to restore first, from the start (or the first known keyframe) to the end."""
    start = min(known, default=0)
    return [start + i for i in spread_keyframes(gap_shares[start:], loops and not known) if start + i not in known]


def spread_keyframes(gap_shares: Float64, loops: bool) -> list[int]:
    """Return indices between which the frames' shares of a gap (N,) add up to about 1.

    Both ends are among them; a loop's end is its start.
    """
    at = np.concatenate([[0.0], np.cumsum(gap_shares)])
    end = at[-1] if loops else at[-2]
    steps = max(1, ceil(end - 1e-6))
    places = np.rint(np.interp(np.linspace(0, end, steps + 1), at, np.arange(len(at))))
    return sorted({int(place) % len(gap_shares) for place in places})


def _middle(index: int, keys: Sequence[int], count: int) -> int:
    """Return the index halfway between the keyframes before and after `index`.

    Where there is none, the interval begins at the first frame or ends at `count`, which is where a loop starts again.
    """
    before, after = max([key for key in keys if key < index] or [0]), min([k for k in keys if k > index] or [count])
    return (before + after) // 2


def _gap_shares(settings: Temporal, durations_ms: Sequence[int] | Int32 | None, equal: EqualFrames) -> Float64:
    """Return each picture's share of the longest gap between keyframes: by count or by time, whichever is larger."""
    by_count = np.full(len(equal.first), 1 / settings.max_keyframe_gap)
    if durations_ms is None:
        return by_count
    shown = equal.add_up([shown_ms(int(ms)) for ms in durations_ms])
    return np.asarray(np.maximum(by_count, np.minimum(shown / _LONGEST_GAP_MS, 1)), np.float64)
