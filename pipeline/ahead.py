"""Computes results ahead of their use, on as many threads as OpenCV may use, in bounded memory and in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST_THREADS = 4  # each holds a pair's images and flows, some 30 MB at 512x512


def ahead(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `work(item)` for each item in order, with at most two pending results a thread.

    OpenCV releases the GIL while it computes, so whole frames are worked on in parallel. That scales better than the
    loops inside one call. An error of `work` is raised in place of its result.
    """
    threads = max(1, min(_MOST_THREADS, cv2.getNumThreads()))
    pending: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, "temporal") as pool:
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) == 2 * threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
