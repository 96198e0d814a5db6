"""Tells a file's format by its first bytes; the name is ignored."""

from typing import BinaryIO

from pipeline.errors import Unreadable

VIDEO_FORMATS = ("mp4", "matroska", "avi")
_BOXES = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"pnot")


def sniff(file: BinaryIO, name: str) -> str:
    """Return gif, webp, png, mp4, matroska or avi; leave the file at offset 0. Raises Unreadable for other formats."""
    file.seek(0)
    head = file.read(16)
    file.seek(0)
    if head[:4] == b"GIF8":
        return "gif"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"AVI "):
        return "webp" if head[8:12] == b"WEBP" else "avi"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[4:8] in _BOXES:
        return "mp4"
    raise Unreadable(
        f"{name} is in no known format (it begins with {head[:8]!r}); GIF, WebP, PNG, MP4, MOV, MKV, WebM and AVI are"
    )
