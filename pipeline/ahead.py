"""Work done ahead of its use, on as many threads as OpenCV may use, in bounded memory and always in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST_THREADS = 4  # each holds a pair's images and flows, some 30 MB at 512x512


def ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `work(item)` of each item in order; no more than two results a thread wait or are under way.

    OpenCV lets other threads run while it computes, so whole frames go side by side, which scales where the loops
    inside one call don't. An error of `work` is raised where its result would have come.
    """
    threads = max(1, min(_MOST_THREADS, cv2.getNumThreads()))
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, "temporal") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) == 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
