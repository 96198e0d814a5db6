"""Which detection in one frame is which in the next: optimal assignment by overlap and landmark distance."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from pipeline.arrays import Float64
from pipeline.faces.detect import Detection, overlap

MAX_COST = 1.3  # of at most 1 for no overlap, plus the landmarks' mean distance in face sizes
IMPOSSIBLE = 1e6


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection and the frame that it was made in."""

    frame: int
    face: Detection


def join(detections: list[list[Detection] | None], times: Float64, max_gap_ms: float) -> list[list[Sighting]]:
    """Chains of sightings of one face each, in order of birth.

    `detections` has None for frames that were not looked at, which count as no gap. `times` (T + 1,) ms.
    """
    finished: list[list[Sighting]] = []
    live: list[list[Sighting]] = []
    looked: int | None = None
    for frame, found in enumerate(detections):
        if found is None:
            continue
        live, lost = _alive(live, frame, looked, times, max_gap_ms)
        finished += lost
        taken = _match(live, found)
        for chain, face in taken:
            live[chain].append(Sighting(frame, found[face]))
        used = {face for _, face in taken}
        live += [[Sighting(frame, face)] for i, face in enumerate(found) if i not in used]
        looked = frame
    return sorted(finished + live, key=lambda chain: chain[0].frame)


def _alive(
    chains: list[list[Sighting]], frame: int, looked: int | None, times: Float64, max_gap_ms: float
) -> tuple[list[list[Sighting]], list[list[Sighting]]]:
    alive: list[list[Sighting]] = []
    lost: list[list[Sighting]] = []
    for chain in chains:
        last = chain[-1].frame
        kept = last == looked or times[frame] - times[last + 1] <= max_gap_ms
        (alive if kept else lost).append(chain)
    return alive, lost


def _match(chains: list[list[Sighting]], found: list[Detection]) -> list[tuple[int, int]]:
    """Pairs (chain, detection) of least total cost."""
    if not chains or not found:
        return []
    cost = np.array([[_cost(chain[-1].face, face) for face in found] for chain in chains])
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
    """Whether two detections in neighbouring frames can be of one face."""
    return _cost(a, b) < MAX_COST
