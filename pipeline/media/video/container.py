"""Opens a video's container with PyAV and finds the stream with the pictures.

The caller names the container's format, by the file's own first bytes, and ffmpeg never opens a second file. So a play
list under a false name is refused.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from pipeline.errors import NoVideoStream, Unreadable
from pipeline.settings import Limits

THREADS = 2
_MAX_PIXELS = 2**31 - 1  # ffmpeg takes no higher limit


class _Bytes(io.RawIOBase):
    """A view of an open file with a position of its own, so that several decoders can read one descriptor."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor, self._at = descriptor, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = os.pread(self._descriptor, len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: os.fstat(self._descriptor).st_size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at


@contextmanager
def open_container(file: BinaryIO, name: str, container_format: str) -> Iterator[InputContainer]:
    """Open a PyAV container of the given format over an open file. Raises Unreadable."""
    try:
        container = av.open(_Bytes(file.fileno()), format=container_format, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise Unreadable(f"{name} cannot be read as {container_format} ({error}); copy it anew") from error
    assert isinstance(container, InputContainer)
    with container:
        yield container


def video_stream(container: InputContainer, name: str, limits: Limits) -> VideoStream:
    """Return the stream with the pictures, set to decode on few threads. Raises NoVideoStream."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        kinds = ", ".join(sorted({s.type for s in container.streams})) or "nothing"
        raise NoVideoStream(f"{name} has no video stream (it holds {kinds}); a file with pictures is needed")
    streams[0].codec_context.thread_count = THREADS
    # The size can change within a stream; twice the limit leaves room for a codec's own padding.
    streams[0].codec_context.options = {"max_pixels": str(int(min(2e6 * limits.max_megapixels, _MAX_PIXELS)))}
    streams[0].thread_type = "AUTO"
    return streams[0]
