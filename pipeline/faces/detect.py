"""Where faces are in one picture: YuNet (Wu et al. 2023, doi 10.1007/s11633-023-1423-y); small ones twice."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.settings import Faces

MODEL = Path(__file__).with_name("face_detection_yunet_2023mar.onnx")

LONGEST_SIDE = 960  # px: YuNet knows faces of 10 to 300 px, and its time grows with the area
SHORTEST_SIDE = 320  # px: small pictures are enlarged, for the faces in them are small too
SMALL = 48  # px: faces under this size are looked at again
CLOSE_UP = 160  # px: side of the second look, in which the face takes 2/5 (halves the error of landmarks)


@dataclass(frozen=True, slots=True)
class Detection:
    """One face: `box` (4,) float32 left, top, width, height; `landmarks` (5, 2) float32; both px. `score` in [0, 1].

    Landmarks: the viewer's left eye, right eye, nose, left and right corner of the mouth.
    """

    box: Float32
    landmarks: Float32
    score: float

    def moved(self, factor: float, left: float = 0.0, top: float = 0.0) -> "Detection":
        """The same face in a picture that is `factor` as large, whose origin lies at (-left, -top) of this one's."""
        # pixel centres: (x + ½) · factor − ½
        shift = np.array([left, top]) + 0.5 * factor - 0.5
        box = np.concatenate([self.box[:2] * factor + shift, self.box[2:] * factor])
        return Detection(box.astype(np.float32), (self.landmarks * factor + shift).astype(np.float32), self.score)


Detector = Callable[[UInt8], list[Detection]]


def yunet(settings: Faces) -> Detector:
    """A detector of (H, W, 3) uint8 RGB pictures that finds faces from `min_size_px` and `min_score` on, best first."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)  # OpenCV 5 warns of a target nobody asked for
    model = cv2.FaceDetectorYN.create(str(MODEL), "", (32, 32), settings.min_score, 0.3, 500)

    def look(rgb: UInt8, factor: float) -> list[Detection]:
        size = tuple(max(round(side * factor), 1) for side in rgb.shape[1::-1])
        way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        picture = rgb if factor == 1 else cv2.resize(rgb, size, interpolation=way)
        model.setInputSize(size)
        _, rows = model.detect(np.ascontiguousarray(picture[..., ::-1]))
        return [_detection(row).moved(1 / factor) for row in (rows if rows is not None else [])]

    def detect(rgb: UInt8) -> list[Detection]:
        factor = first_factor(*rgb.shape[:2])
        found = look(rgb, factor) or look(rgb, factor / 2)  # a close-up may exceed the sizes that YuNet knows
        found = [closer(face, rgb, look) if face.box[2:].min() < SMALL else face for face in found]
        valid = [f for f in found if np.isfinite(f.landmarks).all() and f.box[2:].min() >= settings.min_size_px]
        return sorted(valid, key=lambda face: -face.score)

    return detect


def first_factor(height: int, width: int) -> float:
    """How a picture is scaled for the first look."""
    longest = max(height, width)
    if longest > LONGEST_SIDE:
        return LONGEST_SIDE / longest
    return min(SHORTEST_SIDE / longest, 4.0) if longest < SHORTEST_SIDE else 1.0


def closer(face: Detection, rgb: UInt8, look: Callable[[UInt8, float], list[Detection]]) -> Detection:
    """Look again at a small face, enlarged; the first look stands where the second does not find it."""
    left, top, width, height = face.box
    side = max(2.5 * max(width, height), 8.0)
    x, y = (max(int(c - side / 2), 0) for c in (left + width / 2, top + height / 2))
    part = rgb[y : y + int(side), x : x + int(side)]
    if min(part.shape[:2]) < 8:
        return face
    again = [found.moved(1, x, y) for found in look(part, CLOSE_UP / max(part.shape[:2]))]
    best = max(again, key=lambda found: overlap(found.box, face.box), default=face)
    return best if overlap(best.box, face.box) > 0.4 else face


def overlap(a: Float32, b: Float32) -> float:
    """Intersection over union of two boxes (left, top, width, height)."""
    size = np.minimum(a[:2] + a[2:], b[:2] + b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(size, 0)))
    return shared / max(float(np.prod(a[2:]) + np.prod(b[2:])) - shared, 1e-9)


def _detection(row: Float32) -> Detection:
    return Detection(row[:4].astype(np.float32), row[4:14].reshape(5, 2).astype(np.float32), float(row[14]))
