"""Finds the orientation of faces: YuNet detects many turned faces, but places landmarks as if they were upright."""

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.faces.align import alignable
from pipeline.faces.assign import Sighting
from pipeline.faces.detect import Detection, Detector, overlap

PROBES = 3  # frames of a track that are examined in all four orientations
MARGIN = 0.02  # gain in score that proves a turned face; an upright face loses 0.04 or more when turned
SURROUNDINGS = 2.5  # side of the cut-out, in face sizes
SIDE = 320  # px; larger cut-outs are shrunk: their faces are detected as well, in a fraction of the time


def upright(chain: list[Sighting], frames: UInt8, detector: Detector) -> list[Sighting]:
    """Return the sightings of one face in (T, H, W, 3) uint8 RGB frames with landmarks that respect its orientation.

    If the face scores highest when the picture is turned by 90, 180 or 270 degrees, it is detected again in turned
    frames; sightings that are not confirmed there are left out.
    """
    turns = _turns_to_upright(chain, frames, detector)
    if turns == 0:
        return chain
    turned = [(s.frame, _detect_turned(s.face, frames[s.frame], turns, detector)) for s in chain]
    return [Sighting(frame, face) for frame, face in turned if face is not None and alignable(face.landmarks)] or chain


def _turns_to_upright(chain: list[Sighting], frames: UInt8, detector: Detector) -> int:
    """Return how many quarter turns anticlockwise set the face upright."""
    probes = [chain[i] for i in np.unique(np.linspace(0, len(chain) - 1, PROBES).round().astype(int))]
    scores = np.zeros(4)
    for sighting in probes:
        for turns in range(4):
            detection = _detect_turned(sighting.face, frames[sighting.frame], turns, detector)
            scores[turns] += (detection.score if detection else 0.0) / len(probes)
    best = int(scores.argmax())
    return best if scores[best] > scores[0] + MARGIN else 0


def _detect_turned(face: Detection, rgb: UInt8, turns: int, detector: Detector) -> Detection | None:
    """Detect the face in a turned cut-out; return it in the picture's coordinates, or None if it is not found."""
    left, top, width, height = face.box
    half = SURROUNDINGS / 2 * max(width, height)
    x, y = (max(int(c - half), 0) for c in (left + width / 2, top + height / 2))
    part = rgb[y : int(top + height / 2 + half) + 1, x : int(left + width / 2 + half) + 1]
    if min(part.shape[:2], default=0) < 8:
        return None
    factor = min(1.0, SIDE / max(part.shape[:2]))
    small = part if factor == 1 else cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    detections = detector(np.ascontiguousarray(np.rot90(small, turns)))
    faces = [turned_back(one, small.shape[1], small.shape[0], turns).moved(1 / factor, x, y) for one in detections]
    best = max(faces, key=lambda one: overlap(one.box, face.box), default=None)
    return best if best is not None and overlap(best.box, face.box) > 0.3 else None


def turned_back(face: Detection, width: int, height: int, turns: int) -> Detection:
    """Map a face from a picture turned by `rot90` back to the original picture of `width` × `height` px."""
    left, top, across, down = face.box
    corners = np.array([[left, top], [left + across, top + down]], np.float32)
    points = np.concatenate([face.landmarks, corners])
    sides = (width, height)
    for turn in range(turns, 0, -1):
        # one turn anticlockwise brings (x, y) to (y, side − 1 − x), where side is the width before it
        side = sides[(turn - 1) % 2]
        points = np.stack([side - 1 - points[:, 1], points[:, 0]], 1)
    low, high = points[5:].min(0), points[5:].max(0)
    return Detection(np.concatenate([low, high - low]).astype(np.float32), points[:5].astype(np.float32), face.score)
