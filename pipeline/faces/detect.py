"""Detects the faces of one picture by YuNet (Wu et al. 2023, doi 10.1007/s11633-023-1423-y), small ones twice."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.settings import Faces

MODEL = Path(__file__).with_name("face_detection_yunet_2023mar.onnx")

LONGEST_SIDE = 960  # px: YuNet knows faces of 10 to 300 px, and its time grows with the area
SHORTEST_SIDE = 320  # px: smaller pictures are enlarged, because their faces are small too
SMALL = 48  # px: smaller faces are detected a second time, enlarged
CLOSE_UP = 160  # px: side of the enlarged part, of which the face is 2/5 (halves the error of landmarks)


@dataclass(frozen=True, slots=True)
class Detection:
    """One face: `box` (4,) float32 left, top, width, height; `landmarks` (5, 2) float32; both px. `score` in [0, 1].

    Landmarks: the viewer's left eye, right eye, nose, left and right corner of the mouth.
    """

    box: Float32
    landmarks: Float32
    score: float

    def moved(self, factor: float, left: float = 0.0, top: float = 0.0) -> "Detection":
        """Return the face in coordinates of a picture `factor` times as large, moved by (left, top) px."""
        # pixel centres scale as (x + ½) · factor − ½
        shift = np.array([left, top]) + 0.5 * factor - 0.5
        box = np.concatenate([self.box[:2] * factor + shift, self.box[2:] * factor])
        return Detection(box.astype(np.float32), (self.landmarks * factor + shift).astype(np.float32), self.score)


Detector = Callable[[UInt8], list[Detection]]


def yunet(settings: Faces) -> Detector:
    """Return a detector of faces in (H, W, 3) uint8 RGB, from `min_size_px` and `min_score` on, best score first."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns of an unused target
    model = cv2.FaceDetectorYN.create(str(MODEL), "", (32, 32), settings.min_score, 0.3, 500)

    def detect_at(rgb: UInt8, factor: float) -> list[Detection]:
        size = tuple(max(round(side * factor), 1) for side in rgb.shape[1::-1])
        interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        picture = rgb if factor == 1 else cv2.resize(rgb, size, interpolation=interpolation)
        model.setInputSize(size)
        _, rows = model.detect(np.ascontiguousarray(picture[..., ::-1]))
        return [_detection(row).moved(1 / factor) for row in (rows if rows is not None else [])]

    def detect(rgb: UInt8) -> list[Detection]:
        factor = first_factor(*rgb.shape[:2])
        faces = detect_at(rgb, factor) or detect_at(rgb, factor / 2)  # a close-up may exceed the sizes YuNet knows
        faces = [closer(face, rgb, detect_at) if face.box[2:].min() < SMALL else face for face in faces]
        valid = [f for f in faces if np.isfinite(f.landmarks).all() and f.box[2:].min() >= settings.min_size_px]
        return sorted(valid, key=lambda face: -face.score)

    return detect


def first_factor(height: int, width: int) -> float:
    """Return the factor by which a picture is scaled for the first detection."""
    longest = max(height, width)
    if longest > LONGEST_SIDE:
        return LONGEST_SIDE / longest
    return min(SHORTEST_SIDE / longest, 4.0) if longest < SHORTEST_SIDE else 1.0


def closer(face: Detection, rgb: UInt8, detect_at: Callable[[UInt8, float], list[Detection]]) -> Detection:
    """Detect a small face again, enlarged; keep the first detection if the second does not find it."""
    left, top, width, height = face.box
    side = max(2.5 * max(width, height), 8.0)
    x, y = (max(int(c - side / 2), 0) for c in (left + width / 2, top + height / 2))
    part = rgb[y : y + int(side), x : x + int(side)]
    if min(part.shape[:2]) < 8:
        return face
    candidates = [candidate.moved(1, x, y) for candidate in detect_at(part, CLOSE_UP / max(part.shape[:2]))]
    best = max(candidates, key=lambda candidate: overlap(candidate.box, face.box), default=face)
    return best if overlap(best.box, face.box) > 0.4 else face


def overlap(a: Float32, b: Float32) -> float:
    """Return the intersection over union of two boxes (left, top, width, height)."""
    size = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(size, 0)))
    return shared / max(float(np.prod(a[2:]) + np.prod(b[2:])) - shared, 1e-9)


def _detection(row: Float32) -> Detection:
    return Detection(row[:4].astype(np.float32), row[4:14].reshape(5, 2).astype(np.float32), float(row[14]))
