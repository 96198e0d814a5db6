"""The two ways to a steady clip: `transport` from some restored frames, `stabilise` of all of them."""

from collections.abc import Iterable, Mapping

import numpy as np

from pipeline.temporal.carry import Carrier
from pipeline.temporal.distinct import Distinct
from pipeline.temporal.flow import Estimator, Float32, UInt8, flow, luma
from pipeline.temporal.motion import Motion, both_ways
from pipeline.temporal.settle import settle

ANCHOR_GAP = 24  # frames; at 12 the cross-fades are twice as steep and T-MSE under TV-L1 falls less

CARRIED = 0.7  # of lambda for carried frames: less flickers in them, and where unsure they are the blurred source


def transport(
    source: UInt8,
    keyframes: Mapping[int, UInt8],
    *,
    strength: float = 1.0,
    loops: bool = False,
    cuts: Iterable[int] = (),
    noise_sigma: float = 0.0,
    estimate: Estimator = flow,
) -> tuple[UInt8, Float32]:
    """Return (T, H, W, 3) uint8 frames and their (T, H, W) float32 confidence from 0 to 1.

    `source` is (T, H, W, 3) uint8 sRGB at the size of the restored `keyframes`, (H, W, 3) uint8 by index. Where
    nothing can be carried the source stands, at confidence 0. `cuts` are the indices where a new shot begins;
    `noise_sigma` is the source's noise (0 to 255). Raises ValueError on a keyframe of another shape or no frame.
    """
    for index, frame in keyframes.items():
        if not 0 <= index < len(source) or frame.shape != source.shape[1:]:
            raise ValueError(f"keyframe {index} of shape {frame.shape} does not fit source {source.shape}")
    frames, confidence = source.copy(), np.zeros(source.shape[:3], np.float32)
    for start, stop in _shots(len(source), cuts):
        distinct = Distinct.of(source[start:stop])
        keys = {int(distinct.run[i - start]): keyframes[i] for i in sorted(keyframes) if start <= i < stop}
        if keys:
            shot = source[start:stop][distinct.first]
            carrier = Carrier(shot, keys, loops and stop - start == len(source), estimate, noise_sigma)
            carried, sure = _carried(carrier, None, 1.0)
            carried = steady(shot, carried, CARRIED * strength, carrier.loops, noise_sigma, estimate)
            frames[start:stop], confidence[start:stop] = distinct.spread(carried), distinct.spread(sure)
    return frames, confidence


def stabilise(
    source: UInt8,
    restored: UInt8,
    *,
    strength: float = 1.0,
    loops: bool = False,
    cuts: Iterable[int] = (),
    noise_sigma: float = 0.0,
    estimate: Estimator = flow,
) -> UInt8:
    """Return (T, H, W, 3) uint8 frames with the detail of `restored` and little of its flicker.

    `source` and `restored` are (T, H, W, 3) uint8 sRGB. Detail comes from anchors `ANCHOR_GAP` apart where the
    source's flow can be trusted, and from the frame's own restoration elsewhere. `strength` is lambda, the weight of
    the temporal loss against fidelity to `restored`: 0 returns it as it is. Raises ValueError on unequal shapes.
    """
    if source.shape != restored.shape:
        raise ValueError(f"source {source.shape} and restored {restored.shape} differ in shape")
    frames = restored.copy()
    if strength <= 0:
        return frames
    for start, stop in _shots(len(source), cuts):
        distinct = Distinct.of(source[start:stop])
        shot, own = source[start:stop][distinct.first], restored[start:stop][distinct.first]
        wraps = loops and stop - start == len(source)
        keys = {i: own[i] for i in spaced(len(shot), ANCHOR_GAP, wraps)}
        carried, _ = _carried(Carrier(shot, keys, wraps, estimate, noise_sigma), own, min(1.0, strength))
        frames[start:stop] = distinct.spread(steady(shot, carried, strength, wraps, noise_sigma, estimate))
    return frames


def steady(
    source: UInt8, frames: UInt8, strength: float, loops: bool, noise_sigma: float = 0.0, estimate: Estimator = flow
) -> UInt8:
    """Return `frames` settled along the motion between the neighbours of `source`, both (T, H, W, 3) uint8."""
    if strength <= 0 or len(source) < 2:
        return frames
    return settle(frames, neighbour_motions(source, loops, noise_sigma, estimate), strength, loops)


def neighbour_motions(
    source: UInt8, loops: bool, noise_sigma: float = 0.0, estimate: Estimator = flow
) -> list[tuple[Motion, Motion]]:
    """Return the motion of each frame to the one before and back, the wrap-around's last when the clip loops."""
    grey = [luma(frame, noise_sigma) for frame in source]
    followers = [*range(1, len(grey)), *([0] if loops else [])]
    return [both_ways(grey[i], grey[i - 1], estimate, noise_sigma) for i in followers]


def spaced(count: int, gap: int, loops: bool) -> list[int]:
    """Return indices at most `gap` apart over `count` frames, both ends among them (a loop's end is its start)."""
    span = count if loops else count - 1
    steps = max(1, -(-span // gap))
    return sorted({round(step * span / steps) % count for step in range(steps + 1)})


def _carried(carrier: Carrier, own: UInt8 | None, share: float) -> tuple[UInt8, Float32]:
    """Return frames and confidence; where unsure, the rest is the frame's `own` restoration or else its source."""
    frames, sure = carrier.source.copy(), np.empty(carrier.source.shape[:3], np.float32)
    for i, shown in enumerate(carrier.source):
        carried = carrier.carry(i)
        sure[i] = carried.confidence
        rest = (own[i] if own is not None else shown).astype(np.float32)
        trust = (share * carried.confidence)[..., None]
        frames[i] = np.clip(np.rint(rest + trust * (shown + carried.added - rest)), 0, 255)
    return frames, sure


def _shots(count: int, cuts: Iterable[int]) -> list[tuple[int, int]]:
    starts = sorted({0, *(cut for cut in cuts if 0 < cut < count)})
    return [(start, stop) for start, stop in zip(starts, [*starts[1:], count], strict=True) if stop > start]
