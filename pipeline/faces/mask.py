"""The paste mask: soft, the same in every frame, and zero well inside the crop's border."""

from functools import cache

import cv2
import numpy as np

from pipeline.arrays import Float32
from pipeline.faces.align import SIDE

MARGIN = 40  # px at each side of the crop that are not pasted, because GFPGAN is weak at its border
FEATHER = 72  # px over which the face fades in


@cache
def static() -> Float32:
    """Return the mask (512, 512) float32 in [0, 1]: a rounded square, feathered by a smooth step, read-only."""
    distance = np.arange(SIDE) + 0.5
    edge = np.minimum(distance, SIDE - distance) - MARGIN
    step = np.clip(edge / FEATHER, 0, 1)
    ramp = step * step * (3 - 2 * step)
    mask = np.outer(ramp, ramp).astype(np.float32)
    mask = cv2.GaussianBlur(mask, (0, 0), 6).astype(np.float32)
    mask = np.where(mask < 1 / 512, 0, np.minimum(mask, 1)).astype(np.float32)
    mask.flags.writeable = False
    return mask
