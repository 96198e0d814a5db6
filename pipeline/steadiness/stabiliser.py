"""The two ways to a steady clip: `transport` from some restored frames, `stabilise` of all of them."""

from collections.abc import Iterable, Mapping
from functools import partial

import cv2
import numpy as np

from pipeline.ahead import ahead
from pipeline.arrays import Float32, UInt8
from pipeline.clips.equal_frames import Distinct
from pipeline.motion.flow import Estimator, in_rgb, smooth_flow
from pipeline.steadiness.carry import Carrier
from pipeline.steadiness.settle import settle

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
    estimate: Estimator = smooth_flow,
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
            shot = distinct.pick(source[start:stop])
            carrier = Carrier(shot, keys, loops and stop - start == len(source), estimate, noise_sigma)
            carried, sure = frames[start : start + len(shot)], confidence[start : start + len(shot)]
            for i, found in enumerate(ahead(carrier.carry, range(len(shot)))):
                carried[i], sure[i] = found.over(shot[i]), found.likely
            settle(shot, carried, CARRIED * strength, carrier.loops, noise_sigma, estimate)
            distinct.spread(frames[start:stop])
            distinct.spread(confidence[start:stop])
    return frames, confidence


def stabilise(
    source: UInt8,
    restored: UInt8,
    *,
    strength: float = 1.0,
    loops: bool = False,
    cuts: Iterable[int] = (),
    noise_sigma: float = 0.0,
    estimate: Estimator = smooth_flow,
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
        shot, own = distinct.pick(source[start:stop]), distinct.pick(restored[start:stop])
        wraps = loops and stop - start == len(source)
        keys = {i: own[i] for i in spaced(len(shot), ANCHOR_GAP, wraps)}
        carrier, steady = Carrier(shot, keys, wraps, estimate, noise_sigma), frames[start : start + len(shot)]
        for i, frame in enumerate(ahead(partial(_carried, carrier, own, min(1.0, strength)), range(len(shot)))):
            steady[i] = frame
        settle(shot, steady, strength, wraps, noise_sigma, estimate)
        distinct.spread(frames[start:stop])
    return frames


def spaced(count: int, gap: int, loops: bool) -> list[int]:
    """Return indices at most `gap` apart over `count` frames, both ends among them (a loop's end is its start)."""
    span = count if loops else count - 1
    steps = max(1, -(-span // gap))
    return sorted({round(step * span / steps) % count for step in range(steps + 1)})


def _carried(carrier: Carrier, own: UInt8, share: float, index: int) -> UInt8:
    """Return a frame; where unsure, what shows is its `own` restoration."""
    carried = carrier.carry(index)
    change = cv2.subtract(carrier.source[index], own[index], dtype=cv2.CV_32F)
    change += carried.added
    cv2.multiply(change, in_rgb(carried.confidence), change, share)
    return np.asarray(cv2.add(own[index], change, dtype=cv2.CV_8U), np.uint8)


def _shots(count: int, cuts: Iterable[int]) -> list[tuple[int, int]]:
    starts = sorted({0, *(cut for cut in cuts if 0 < cut < count)})
    return [(start, stop) for start, stop in zip(starts, [*starts[1:], count], strict=True) if stop > start]
