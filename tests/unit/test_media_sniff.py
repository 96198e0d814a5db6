"""Formats are told by content."""

import io

import pytest

from pipeline.errors import Unreadable
from pipeline.media.sniff import sniff


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"GIF89a\1\0\1\0", "gif"),
        (b"\x89PNG\r\n\x1a\n\0\0", "png"),
        (b"RIFF\0\0\0\0WEBPVP8X", "webp"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"\0\0\0\x20ftypisom", "mp4"),
        (b"\x1a\x45\xdf\xa3\x01", "matroska"),
    ],
)
def test_each_known_format_is_told_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert sniff(io.BytesIO(head), "x") == kind


@pytest.mark.parametrize(
    "head", [b"#EXTM3U\n#EXT-X", b"ffconcat version 1.0\n", b"<html>", b"hello", b"", b"RIFF\0\0\0\0WAVE"]
)
def test_play_lists_and_everything_else_are_refused(head: bytes) -> None:
    with pytest.raises(Unreadable, match=r"clip\.mp4 is in no known format"):
        sniff(io.BytesIO(head), "clip.mp4")
