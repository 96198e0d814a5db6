"""The memory and processor time of a process and its descendants, from /proc."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Usage:
    """The present resident memory, and the processor time used so far."""

    resident_bytes: int
    cpu_s: float


def usage_of(pid: int) -> Usage | None:
    """Add up the usage of a process and its descendants. Return None without /proc, or if the process is gone."""
    usages = [usage for usage in map(_usage_of_one, _family(pid)) if usage is not None]
    return Usage(sum(u.resident_bytes for u in usages), sum(u.cpu_s for u in usages)) if usages else None


def _usage_of_one(pid: int) -> Usage | None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return None
    ticks = int(fields[11]) + int(fields[12])
    return Usage(int(fields[21]) * os.sysconf("SC_PAGE_SIZE"), ticks / os.sysconf("SC_CLK_TCK"))


def _family(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from _family(int(child))
