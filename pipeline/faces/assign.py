"""Joins detections of the same face across frames: optimal assignment by overlap and landmark distance."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from pipeline.arrays import Float64
from pipeline.faces.detect import Detection, overlap

MAX_COST = 1.3  # 1 for no overlap, less for more, plus the landmarks' mean distance in face sizes
IMPOSSIBLE = 1e6


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection and the frame in which it was made."""

    frame: int
    face: Detection


def join(detections: list[list[Detection] | None], times: Float64, max_gap_ms: float) -> list[list[Sighting]]:
    """Return one chain of sightings for each face, ordered by its first frame.

    `detections` has None for frames that were skipped; they are no gap. `times` (T + 1,) ms.
    """
    lost_chains: list[list[Sighting]] = []
    chains: list[list[Sighting]] = []
    last_examined: int | None = None
    for frame, faces in enumerate(detections):
        if faces is None:
            continue
        chains, just_lost = _split_lost(chains, frame, last_examined, times, max_gap_ms)
        lost_chains += just_lost
        pairs = _match(chains, faces)
        for chain, face in pairs:
            chains[chain].append(Sighting(frame, faces[face]))
        matched = {face for _, face in pairs}
        chains += [[Sighting(frame, face)] for i, face in enumerate(faces) if i not in matched]
        last_examined = frame
    return sorted(lost_chains + chains, key=lambda chain: chain[0].frame)


def _split_lost(
    chains: list[list[Sighting]], frame: int, last_examined: int | None, times: Float64, max_gap_ms: float
) -> tuple[list[list[Sighting]], list[list[Sighting]]]:
    """Split off the chains whose face has not been seen for longer than the largest gap."""
    alive: list[list[Sighting]] = []
    lost: list[list[Sighting]] = []
    for chain in chains:
        last = chain[-1].frame
        is_alive = last == last_examined or times[frame] - times[last + 1] <= max_gap_ms
        (alive if is_alive else lost).append(chain)
    return alive, lost


def _match(chains: list[list[Sighting]], faces: list[Detection]) -> list[tuple[int, int]]:
    """Return the pairs (chain, detection) of least total cost."""
    if not chains or not faces:
        return []
    cost = np.array([[_cost(chain[-1].face, face) for face in faces] for chain in chains])
    rows, columns = linear_sum_assignment(np.where(cost < MAX_COST, cost, IMPOSSIBLE))
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if cost[r, c] < MAX_COST]


def _cost(a: Detection, b: Detection) -> float:
    sizes = np.sqrt(np.prod(a.box[2:])), np.sqrt(np.prod(b.box[2:]))
    larger, smaller = max(sizes), max(min(sizes), 1e-6)
    if larger > 2 * smaller:
        return IMPOSSIBLE
    distance = np.linalg.norm(a.landmarks - b.landmarks, axis=1).mean() / larger
    return float(1 - overlap(a.box, b.box) + distance)


def same_face(a: Detection, b: Detection) -> bool:
    """Whether two detections in neighbouring frames may show the same face."""
    return _cost(a, b) < MAX_COST
