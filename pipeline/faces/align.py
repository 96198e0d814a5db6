"""Aligns faces: places their five points on FFHQ's template of 512×512 px, as facexlib's `align_warp_face` does."""

import cv2
import numpy as np

from pipeline.arrays import Float32, Float64, UInt8

SIDE = 512

# eyes, nose, corners of the mouth as (x, y) px, the viewer's left one first (facexlib's FFHQ template)
TEMPLATE: Float64 = np.array(
    [
        [192.98138, 239.94708],
        [318.90277, 240.1936],
        [256.63416, 314.01935],
        [201.26117, 371.41043],
        [313.08905, 371.15118],
    ]
)

# GFPGAN was trained with this grey outside the picture; facexlib lists it as BGR
OUTSIDE_RGB = (132, 133, 135)

# half the width and height (px) of the area of an eye with its lids, and of a mouth that opens
_EYE, _MOUTH = (48, 32), (72, 52)


def features(side: int) -> list[tuple[slice, slice]]:
    """Return the rows and columns of eyes and mouth, which move by themselves, in an aligned face of `side` px."""
    mouth = (TEMPLATE[3] + TEMPLATE[4]) / 2
    return [
        (_span(y, high, side), _span(x, wide, side))
        for (x, y), (wide, high) in ((TEMPLATE[0], _EYE), (TEMPLATE[1], _EYE), (mouth, _MOUTH))
    ]


def _span(middle: float, half: float, side: int) -> slice:
    return slice(round((middle - half) * side / SIDE), round((middle + half) * side / SIDE))


def matrix(landmarks: Float32) -> Float64:
    """Return the similarity (2, 3) that maps the picture to the aligned face, from landmarks (5, 2) in px.

    Raises ValueError if the points define no similarity (all equal, or not finite).
    """
    points = np.asarray(landmarks, np.float64)
    similarity = None
    if np.isfinite(points).all():
        similarity = cv2.estimateAffinePartial2D(points, TEMPLATE, method=cv2.LMEDS)[0]
    if similarity is None or not np.isfinite(similarity).all() or abs(np.linalg.det(similarity[:, :2])) < 1e-9:
        raise ValueError(f"no face can be aligned by these landmarks: {points.tolist()}")
    return np.asarray(similarity, np.float64)


def rigid(landmarks: Float32) -> Float32:
    """Fit the template to landmarks (N, 5, 2) by least squares, so that one similarity fits each face exactly.

    `matrix` uses the least median of squares, as facexlib does, which trusts different points in different frames.
    Without this fit its jitter was 6.6 against 1.0 thousandths of the face's width on one talking head, and 10.6
    against 9.1, 3.7 against 2.6 and 5.1 against 5.1 on three other clips (measured).
    """
    points = landmarks[..., 0] + 1j * landmarks[..., 1]
    shape = TEMPLATE[:, 0] + 1j * TEMPLATE[:, 1]
    shape = shape - shape.mean()
    middle = points.mean(-1, keepdims=True)
    turn = ((points - middle) * shape.conj()).sum(-1, keepdims=True) / (np.abs(shape) ** 2).sum()
    fitted = middle + turn * shape
    return np.stack([fitted.real, fitted.imag], -1).astype(np.float32)


def alignable(landmarks: Float32) -> bool:
    """Whether `matrix` can align these landmarks."""
    try:
        matrix(landmarks)
    except ValueError:
        return False
    return True


def crop(rgb: UInt8, to_face: Float64) -> UInt8:
    """Cut the aligned face (512, 512, 3) uint8 RGB out of a picture (H, W, 3) uint8 RGB."""
    return np.asarray(
        cv2.warpAffine(rgb, to_face, (SIDE, SIDE), borderMode=cv2.BORDER_CONSTANT, borderValue=OUTSIDE_RGB), np.uint8
    )
