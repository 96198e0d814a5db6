"""The ways to a steady clip that the temporal benchmark compares, and ours with one step left out."""

from collections.abc import Callable, Sequence
from functools import partial
from unittest.mock import patch

import cv2
import numpy as np

from pipeline.faces import align
from pipeline.motion.flow import Float32, UInt8, flow, luma, warp
from pipeline.settings import Temporal
from pipeline.steadiness import settle, stabilise, transport
from pipeline.steadiness.keyframes import restore_keyframes
from pipeline.steadiness.stabiliser import spaced

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


def stabilised(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    return stabilise(source, restored), len(source)


def transported(source: UInt8, restored: UInt8, strength: float = 1.0) -> tuple[UInt8, int]:
    keys = {i: restored[i] for i in spaced(len(source), 12, False)}
    return transport(source, keys, strength=strength)[0], len(keys)


def scheduled(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    place = {frame.tobytes(): i for i, frame in enumerate(source)}

    def restore(wanted: UInt8) -> UInt8:
        return np.stack([restored[place[frame.tobytes()]] for frame in wanted])

    features = align.features(source.shape[1])
    frames, keys = restore_keyframes(source, restore, Temporal(), features=features)
    return frames, len(keys)


def settled(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
    frames = restored.copy()
    settle.settle(source, frames, 1.0, loops=False)
    return frames, len(source)


def _nearest(index: int, keys: Sequence[int], count: int, loops: bool) -> list[tuple[int, float]]:
    return [(min(keys, key=lambda key: abs(key - index)), 1.0)]


def _bilinear(image: Float32, along: Float32) -> Float32:
    return warp(image, along, cv2.INTER_LINEAR)


def _always(to: UInt8, *_: object) -> Float32:
    return np.ones(to.shape[:2], np.float32)


def _as_swept(held: Sequence[settle.Swept], settled: int, frames: UInt8, pull: object) -> None:
    for swept in held[:settled]:
        if 0 <= swept.index < len(frames):
            frames[swept.index] = swept.frame


def _changed(method: Method, target: str, instead: object) -> Method:
    """`method` with one step of the layer done another way."""

    def run(source: UInt8, restored: UInt8) -> tuple[UInt8, int]:
        with patch(f"pipeline.{target}", instead):
            return method(source, restored)

    return run


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
    "stabilise, all frequencies held alike": _changed(stabilised, "steadiness.settle._LOW", settle._DETAIL),
    "stabilise, swept forwards only": _changed(stabilised, "steadiness.settle._backwards", _as_swept),
    "transport, not settled": partial(transported, strength=0.0),
    "transport, nearest keyframe instead of a cross-fade": _changed(
        transported, "steadiness.carry.neighbours", _nearest
    ),
    "transport, warped bilinearly": _changed(transported, "steadiness.carry.warp_rgb", _bilinear),
    "transport, flow trusted everywhere": _changed(transported, "motion.motion._confidence", _always),
}
