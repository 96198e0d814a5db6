"""Where a video is cut into segments: at shots where it can be, else inside a shot, in pieces that last alike."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from math import ceil

from pipeline.clips.clip import Shot

from .plan import LEAD_IN, LEAD_OUT, Segment


def cut(
    times: Sequence[int], stop: int, shots: Sequence[Shot], keyframes: Sequence[int], shortest: int, longest: int
) -> list[Segment]:
    """The segments of frames that start at `times` and end at `stop`; all times, and the lengths, are in ticks.

    `shots` are of frames, in order and without gaps; `keyframes` are the times, rising, where decoding can begin.
    """
    starts, edges = [shot.start for shot in shots], [*times, stop]
    borders = _borders(edges, starts, shortest, longest)
    return [
        _segment(number, first, end, edges, starts, keyframes) for number, (first, end) in enumerate(pairwise(borders))
    ]


def _borders(edges: list[int], shot_starts: list[int], shortest: int, longest: int) -> list[int]:
    """The frames that segments begin at, and the number of frames."""
    count, borders = len(edges) - 1, [0]
    while borders[-1] < count:
        borders.append(_end(borders[-1], edges, [*shot_starts, count], shortest, longest))
    return borders


def _end(first: int, edges: list[int], ends: list[int], shortest: int, longest: int) -> int:
    begin, count = edges[first], len(edges) - 1
    if edges[count] - begin <= longest:
        return count
    later = [end for end in ends if end > first]
    fitting = [end for end in later if shortest <= edges[end] - begin <= longest]
    if fitting:
        # A short rest would be a segment of its own.
        return next((end for end in fitting if edges[count] - edges[end] >= shortest), fitting[0])
    far = next(end for end in later if edges[end] - begin > longest)
    length = (edges[far] - begin) / ceil((edges[far] - begin) / longest)
    return min(far, max(first + 1, bisect_right(edges, begin + length) - 1))


def _segment(
    number: int, first: int, end: int, edges: list[int], shot_starts: list[int], keyframes: Sequence[int]
) -> Segment:
    shot_start = shot_starts[bisect_right(shot_starts, first) - 1]
    lead_in = max(shot_start, first - LEAD_IN)
    # One group of pictures earlier than needed: after a seek, the first pictures may refer to ones before it.
    key = bisect_right(keyframes, edges[lead_in]) - 2
    decode = keyframes[max(0, key)] if keyframes else edges[0]
    next_shot = next((start for start in shot_starts if start >= end), len(edges) - 1)
    lead_out = min(next_shot, end + LEAD_OUT)
    within = [lead_in, *(start for start in shot_starts if lead_in < start < lead_out), lead_out]
    return Segment(
        number=number,
        first_pts=edges[first],
        stop_pts=edges[end],
        lead_in_pts=edges[lead_in],
        lead_out_pts=edges[lead_out],
        decode_pts=min(decode, edges[lead_in]),
        frames=end - first,
        pieces=tuple(stop - start for start, stop in pairwise(within)),
    )
