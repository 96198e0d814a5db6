"""Fits palettes by k-means to the colours of the pixels that change, starting from the previous palette.

Lloyd's algorithm (Lloyd 1982) runs on cells of 4×4×4 colours. Each cell counts as the mean of its pixels, weighted by
their number. Palette entries that no cell uses move to where the error is largest.
"""

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, Float64, Int32, UInt8
from pipeline.compiled import Integer, compiled

Cells = NDArray[np.int64]
CELLS = 1 << 18  # 6 bits a channel


def cell_means(pixels: UInt8, counted: Bool, slot: Int32) -> Cells:
    """Return the cells of the counted pixels (H, W, 3): rows (C, 5) of R sum, G sum, B sum, number of pixels, cell.

    `counted` (H, W) marks the pixels. `slot` (CELLS,) is working space, all -1 before and after.
    """
    return _cell_means(pixels.reshape(-1, 3), counted.ravel(), slot)


@compiled
def _cell_means(pixels: UInt8, counted: Bool, slot: Int32) -> Cells:
    cells = np.empty((min(CELLS, len(pixels)), 5), np.int64)
    count = 0
    for i in range(len(pixels)):
        if not counted[i]:
            continue
        r, g, b = np.int32(pixels[i, 0]), np.int32(pixels[i, 1]), np.int32(pixels[i, 2])
        cell = (r >> 2) << 12 | (g >> 2) << 6 | b >> 2
        at = slot[cell]
        if at < 0:
            at = count
            slot[cell] = count
            cells[at] = 0
            cells[at, 4] = cell
            count += 1
        cells[at, 0] += r
        cells[at, 1] += g
        cells[at, 2] += b
        cells[at, 3] += 1
    for i in range(count):
        slot[cells[i, 4]] = -1
    return cells[:count]


@compiled
def nearest(r: Integer, g: Integer, b: Integer, palette: Int32) -> np.int32:
    """Return the nearest colour of the palette (3, K) as its squared distance times 256, plus its index."""
    best = np.int32(0x7FFFFFFF)
    reds, greens, blues = palette[0], palette[1], palette[2]
    for j in range(palette.shape[1]):
        dr, dg, db = reds[j] - r, greens[j] - g, blues[j] - b
        best = min(best, np.int32((dr * dr + dg * dg + db * db) << 8 | j))
    return best


@compiled
def lloyd(cells: Cells, palette: Int32, rounds: int) -> None:
    """Improve a palette (3, K) in place by `rounds` of Lloyd's algorithm over `cells` (see `cell_means`)."""
    size = palette.shape[1]
    for _ in range(rounds):
        sums = np.zeros((size, 4), np.int64)
        worst = np.zeros(len(cells), np.int64)
        for i in range(len(cells)):
            n = cells[i, 3]
            half = n >> 1
            r, g, b = (cells[i, 0] + half) // n, (cells[i, 1] + half) // n, (cells[i, 2] + half) // n
            key = nearest(np.int32(r), np.int32(g), np.int32(b), palette)
            j = key & 255
            sums[j, 0] += cells[i, 0]
            sums[j, 1] += cells[i, 1]
            sums[j, 2] += cells[i, 2]
            sums[j, 3] += n
            worst[i] = np.int64(key >> 8) * n
        for k in range(size):
            total = sums[k, 3]
            if total > 0:
                for c in range(3):
                    palette[c, k] = (sums[k, c] + (total >> 1)) // total
        _reuse_idle_entries(cells, palette, sums[:, 3], worst)


@compiled
def _reuse_idle_entries(cells: Cells, palette: Int32, served: NDArray[np.int64], worst: NDArray[np.int64]) -> None:
    idle = np.flatnonzero(served == 0)
    if len(idle) == 0:
        return
    order = np.argsort(-worst)
    for k in range(min(len(idle), len(order))):
        i = order[k]
        if worst[i] == 0:
            break
        n = cells[i, 3]
        for c in range(3):
            palette[c, idle[k]] = (cells[i, c] + (n >> 1)) // n


def first_palette(cells: Cells, size: int) -> Int32:
    """Return a first palette (3, size): split the box of cells with the largest error at its widest channel's mean.

    This is the variance-based split of Wan, Prusinkiewicz and Wong 1988, without its exhaustive search.
    """
    weights = cells[:, 3:4].astype(np.float64)
    points = cells[:, :3] / weights
    boxes = [_Box(points, weights)]
    while len(boxes) < size:
        boxes.sort(key=lambda box: box.error)
        if not boxes[-1].error > 0:
            break
        boxes.extend(boxes.pop().halves())
    palette = np.stack([np.rint(box.mean) for box in boxes] + [np.zeros(3)] * (size - len(boxes)), axis=1)
    return palette.astype(np.int32)


class _Box:
    def __init__(self, points: Float64, weights: Float64) -> None:
        self.points, self.weights = points, weights
        self.mean = (points * weights).sum(0) / weights.sum()
        self.error_by_channel = (weights * (points - self.mean) ** 2).sum(0)
        self.error = float(self.error_by_channel.max()) if len(points) > 1 else 0.0

    def halves(self) -> "list[_Box]":
        channel = int(self.error_by_channel.argmax())
        low = self.points[:, channel] <= self.mean[channel]
        return [_Box(self.points[side], self.weights[side]) for side in (low, ~low)]
