"""Faces that lie on their side or stand on their head: YuNet finds many of them, but puts its landmarks on upright."""

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.faces.align import alignable
from pipeline.faces.assign import Sighting
from pipeline.faces.detect import Detection, Detector, overlap

LOOKS = 3  # frames of a track that are looked at in all four orientations
MARGIN = 0.02  # by which a turned face's score is higher where it is really turned; upright ones lose 0.04 or more
AROUND = 2.5  # side of what is cut out, in face sizes
SIDE = 320  # px: a larger cut-out is shrunk, for a face of this share of it is found as well at a fraction of the time


def upright(chain: list[Sighting], frames: UInt8, detector: Detector) -> list[Sighting]:
    """The sightings of one face in (T, H, W, 3) uint8 RGB frames, with landmarks that know where its top is.

    A face that scores highest when the picture is turned by 90, 180 or 270 degrees is looked at again so; sightings
    that are not confirmed then are left out.
    """
    turns = _turns(chain, frames, detector)
    if turns == 0:
        return chain
    again = [(s.frame, _turned(s.face, frames[s.frame], turns, detector)) for s in chain]
    return [Sighting(frame, face) for frame, face in again if face is not None and alignable(face.landmarks)] or chain


def _turns(chain: list[Sighting], frames: UInt8, detector: Detector) -> int:
    """How many quarter turns anticlockwise set the face upright."""
    shown = [chain[i] for i in np.unique(np.linspace(0, len(chain) - 1, LOOKS).round().astype(int))]
    scores = np.zeros(4)
    for sighting in shown:
        for turns in range(4):
            found = _turned(sighting.face, frames[sighting.frame], turns, detector)
            scores[turns] += (found.score if found else 0.0) / len(shown)
    best = int(scores.argmax())
    return best if scores[best] > scores[0] + MARGIN else 0


def _turned(face: Detection, rgb: UInt8, turns: int, detector: Detector) -> Detection | None:
    """The face as it is found when what surrounds it is turned, in the coordinates of the picture."""
    left, top, width, height = face.box
    half = AROUND / 2 * max(width, height)
    x, y = (max(int(c - half), 0) for c in (left + width / 2, top + height / 2))
    part = rgb[y : int(top + height / 2 + half) + 1, x : int(left + width / 2 + half) + 1]
    if min(part.shape[:2], default=0) < 8:
        return None
    factor = min(1.0, SIDE / max(part.shape[:2]))
    small = part if factor == 1 else cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    seen = detector(np.ascontiguousarray(np.rot90(small, turns)))
    found = [turned_back(one, small.shape[1], small.shape[0], turns).moved(1 / factor, x, y) for one in seen]
    best = max(found, key=lambda one: overlap(one.box, face.box), default=None)
    return best if best is not None and overlap(best.box, face.box) > 0.3 else None


def turned_back(face: Detection, width: int, height: int, turns: int) -> Detection:
    """From a picture that `rot90` has turned to the picture of `width` and `height` that it was made of."""
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
