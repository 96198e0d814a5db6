"""Marks inside the GIFs that the daemon makes of a video's clips, by which it knows them without the catalogue.

A mark is a GIF comment: `gifrestored categorised <hash of the video> <category> <name of the clip>`.
"""

import os
from collections.abc import Iterator

from daemon.folders import CATEGORIES
from pipeline.report import Category

_OWN = "gifrestored categorised"
_HEAD_BYTES = 4096  # the header, a table of 256 colours, the loop extension and the longest mark are 1.2 KB


def mark_of(content: str) -> str:
    """The mark of a video with this hash, to which the pipeline adds the category and the name of each clip."""
    return f"{_OWN} {content}"


def own_category(descriptor: int) -> Category | None:
    """The category that the daemon itself filed a clip under, as its mark says; None for any other file."""
    for comment in _comments(os.pread(descriptor, _HEAD_BYTES, 0)):
        words = comment.decode(errors="replace").split(" ", 4)
        if len(words) == 5 and " ".join(words[:2]) == _OWN:
            return next((category for category in CATEGORIES if category == words[3]), None)
    return None


def _comments(head: bytes) -> Iterator[bytes]:
    """The whole comments before the first picture of a GIF; none where it is no GIF."""
    if len(head) < 13 or head[:6] not in (b"GIF87a", b"GIF89a"):
        return
    at = 13 + (3 * (2 << (head[10] & 7)) if head[10] & 0x80 else 0)
    while head[at : at + 1] == b"!":
        label, text = head[at + 1 : at + 2], b""
        at += 2
        while size := int.from_bytes(head[at : at + 1]):
            text += head[at + 1 : at + 1 + size]
            at += 1 + size
        if label == b"\xfe" and at < len(head):
            yield text
        at += 1
