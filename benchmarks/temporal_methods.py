"""The ways to a steady clip that the temporal benchmark compares, and ours with one step left out."""

from collections.abc import Callable
from functools import partial

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.faces import align
from pipeline.motion.flow import flow, luma, warp
from pipeline.settings import Temporal
from pipeline.steadiness import Options, stabilise, transport
from pipeline.steadiness.keyframes import restore_keyframes
from pipeline.steadiness.options import ALL_STEPS
from pipeline.steadiness.settle import settle
from pipeline.steadiness.stabiliser import spread_evenly

Method = Callable[[UInt8, UInt8], tuple[UInt8, int]]


def averaged(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    """Average each frame with the two before and after it, warped to it."""
    grey, out = [luma(frame) for frame in source], []
    for i, to in enumerate(grey):
        around = [j for j in range(i - 2, i + 3) if 0 <= j < len(grey)]
        warped = [restored[j] if j == i else warp(restored[j], flow(to, grey[j])) for j in around]
        out.append(np.rint(np.mean(warped, axis=0)).astype(np.uint8))
    return np.stack(out), len(source)


def blended(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    """Blend each frame half and half with the last result, warped to it."""
    out = [restored[0]]
    for i in range(1, len(source)):
        last = warp(out[-1], flow(luma(source[i]), luma(source[i - 1])))
        out.append(cv2.addWeighted(last, 0.5, restored[i], 0.5, 0))
    return np.stack(out), len(source)


def stabilised(source: UInt8, restored: UInt8, options: Options = ALL_STEPS) -> tuple[UInt8, int]:
    return stabilise(source, restored, options=options), len(source)


def transported(
    source: UInt8, restored: UInt8, strength: float = 1.0, options: Options = ALL_STEPS
) -> tuple[UInt8, int]:
    keys = {i: restored[i] for i in spread_evenly(len(source), 12, False)}
    return transport(source, keys, strength=strength, options=options)[0], len(keys)


def scheduled(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    place = {frame.tobytes(): i for i, frame in enumerate(source)}

    def restore(wanted: UInt8) -> UInt8:
        return np.stack([restored[place[frame.tobytes()]] for frame in wanted])

    features = align.features(source.shape[1])
    frames, keys = restore_keyframes(source, restore, Temporal(), features=features)
    return frames, len(keys)


def settled(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    frames = restored.copy()
    settle(source, frames, 1.0, loops=False)
    return frames, len(source)


METHODS: dict[str, Method] = {
    "source": lambda source, _: (source, 0),
    "frame by frame": lambda source, restored: (restored, len(source)),
    "averaging ±2": averaged,
    "recursive blend": blended,
    "stabilise": stabilised,
    "transport": transported,
    "keyframe scheduler": scheduled,
}

ABLATIONS: dict[str, Method] = {
    "stabilise without carrying: settled only": settled,
    "stabilise, all frequencies held alike": partial(stabilised, options=Options(firm_low=False)),
    "stabilise, swept forwards only": partial(stabilised, options=Options(backwards=False)),
    "transport, not settled": partial(transported, strength=0.0),
    "transport, nearest keyframe instead of a cross-fade": partial(transported, options=Options(crossfade=False)),
    "transport, warped bilinearly": partial(transported, options=Options(sharp_warp=False)),
    "transport, flow trusted everywhere": partial(transported, options=Options(confidence=False)),
}
