"""The two ways to a steady clip: `transport` needs some restored frames, `stabilise` all of them."""

from collections.abc import Iterable, Mapping
from functools import partial

import cv2
import numpy as np

from pipeline.ahead import ahead
from pipeline.arrays import Float32, UInt8
from pipeline.clips.equal_frames import EqualFrames
from pipeline.motion.flow import Estimator, repeat_rgb, smooth_flow
from pipeline.steadiness.carry import Carrier
from pipeline.steadiness.options import ALL_STEPS, Options
from pipeline.steadiness.settle import settle
from pipeline.steadiness.shot_transport import ShotTransport

ANCHOR_GAP = 24  # frames; at 12 the cross-fades are twice as steep and T-MSE under TV-L1 falls less


def transport(
    source: UInt8,
    keyframes: Mapping[int, UInt8],
    *,
    strength: float = 1.0,
    loops: bool = False,
    cuts: Iterable[int] = (),
    noise_sigma: float = 0.0,
    estimate: Estimator = smooth_flow,
    equal: EqualFrames | None = None,
    options: Options = ALL_STEPS,
) -> tuple[UInt8, Float32]:
    """Return (T, H, W, 3) uint8 frames and their (T, H, W) float32 confidence from 0 to 1.

    `source` is (T, H, W, 3) uint8 sRGB at the size of the restored `keyframes`, (H, W, 3) uint8 by index. Where
    nothing can be carried, the result is the source, at confidence 0. `cuts` are the indices where a new shot begins;
    `noise_sigma` is the source's noise (0 to 255). Duplicate frames of the source are searched for unless `equal` maps
    them. Raises ValueError if a keyframe has another shape or no frame of its index exists.
    """
    for index, frame in keyframes.items():
        if not 0 <= index < len(source) or frame.shape != source.shape[1:]:
            raise ValueError(f"keyframe {index} of shape {frame.shape} does not fit source {source.shape}")
    equal = EqualFrames.find(source) if equal is None else equal
    frames, confidence = source.copy(), np.zeros(source.shape[:3], np.float32)
    for start, stop in _shots(len(source), cuts):
        pictures = equal.part(start, stop)
        keys = {int(pictures.picture[i - start]): keyframes[i] for i in sorted(keyframes) if start <= i < stop}
        if keys:
            wraps = loops and stop - start == len(source)
            shot = ShotTransport(pictures.pick(source[start:stop]), keys, wraps, noise_sigma, estimate, options)
            for i, carried in enumerate(shot.carry(range(len(shot.source))), start):
                confidence[i] = carried.likely
            pictures.repeat_in_place(confidence[start:stop])
            frames[start:stop] = pictures.repeat(shot.settle(strength))
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
    equal: EqualFrames | None = None,
    options: Options = ALL_STEPS,
) -> UInt8:
    """Return (T, H, W, 3) uint8 frames with the detail of `restored` and little of its flicker.

    `source` and `restored` are (T, H, W, 3) uint8 sRGB. Detail comes from anchors `ANCHOR_GAP` apart where the
    source's flow can be trusted, and from the frame's own restoration elsewhere. `strength` is lambda, the weight of
    the temporal loss against fidelity to `restored`: 0 returns `restored` unchanged. The other arguments are those of
    `transport`. Raises ValueError if the shapes differ.
    """
    if source.shape != restored.shape:
        raise ValueError(f"source {source.shape} and restored {restored.shape} differ in shape")
    frames = restored.copy()
    if strength <= 0:
        return frames
    equal = EqualFrames.find(source) if equal is None else equal
    for start, stop in _shots(len(source), cuts):
        pictures = equal.part(start, stop)
        shot, shot_restored = pictures.pick(source[start:stop]), pictures.pick(restored[start:stop])
        wraps = loops and stop - start == len(source)
        anchors = {i: shot_restored[i] for i in spread_evenly(len(shot), ANCHOR_GAP, wraps)}
        carrier = Carrier(shot, anchors, wraps, estimate, noise_sigma, options)
        steady = frames[start : start + len(shot)]
        blend = partial(_blend_carried, carrier, shot_restored, min(1.0, strength))
        for i, frame in enumerate(ahead(blend, range(len(shot)))):
            steady[i] = frame
        settle(shot, steady, strength, wraps, noise_sigma, estimate, options)
        pictures.repeat_in_place(frames[start:stop])
    return frames


def spread_evenly(count: int, gap: int, loops: bool) -> list[int]:
    """Return indices at most `gap` apart over `count` frames, both ends among them (a loop's end is its start)."""
    span = count if loops else count - 1
    steps = max(1, -(-span // gap))
    return sorted({round(step * span / steps) % count for step in range(steps + 1)})


def _blend_carried(carrier: Carrier, restored: UInt8, share: float, index: int) -> UInt8:
    """Return a frame as carried from the anchors; where that is unsure, it shows its own restoration."""
    carried = carrier.carry(index)
    change = cv2.subtract(carrier.source[index], restored[index], dtype=cv2.CV_32F)
    change += carried.added
    cv2.multiply(change, repeat_rgb(carried.confidence), change, share)
    return np.asarray(cv2.add(restored[index], change, dtype=cv2.CV_8U), np.uint8)


def _shots(count: int, cuts: Iterable[int]) -> list[tuple[int, int]]:
    starts = sorted({0, *(cut for cut in cuts if 0 < cut < count)})
    return [(start, stop) for start, stop in zip(starts, [*starts[1:], count], strict=True) if stop > start]
