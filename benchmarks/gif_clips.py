"""The clips that GIF writers are judged on: 60 frames each, (T, H, W, 3) uint8 sRGB."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

FRAMES = 60
NAMED = {"carphone_pristine.mp4": 3, "WolfgangLanger_Pexels.mp4": 1, "single_face.mp4": 1}  # and their scale

Stack = NDArray[np.uint8]


def clips(folder: Path | None) -> Iterator[tuple[str, Stack]]:
    """Name and frames: the videos of `folder` (the known ones where they are there), else a portrait that moves."""
    if folder is None:
        yield "astronaut", _astronaut()
        return
    videos = sorted(folder.rglob("*.mp4"))
    known = [path for name in NAMED for path in videos if path.name == name]
    for path in known or videos:
        yield path.stem, _decoded(path, NAMED.get(path.name, 1))


def _decoded(path: Path, scale: int) -> Stack:
    with av.open(path) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in islice(container.decode(video=0), FRAMES)]
    if scale > 1:
        grown = [cv2.resize(f, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC) for f in frames]
        return np.asarray(grown, np.uint8)
    return np.asarray(frames, np.uint8)


def _astronaut() -> Stack:
    """The public-domain portrait of scikit-image, slowly turned and moved, with a camera's noise."""
    from skimage.data import astronaut

    portrait, noise = astronaut(), np.random.default_rng(0)
    frames = []
    for i in range(FRAMES):
        move = cv2.getRotationMatrix2D((224, 120), 4 * np.sin(i / 9), 1.2 + 0.05 * np.sin(i / 7))
        move[:, 2] += np.array((2 * np.sin(i / 5), -20 + i / 6))
        turned = cv2.warpAffine(portrait, move, (432, 360), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        frames.append(np.clip(turned + noise.normal(0, 1.5, turned.shape), 0, 255).astype(np.uint8))
    return np.stack(frames)
