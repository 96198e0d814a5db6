"""Videos in: MP4, MOV, Matroska, WebM and AVI through PyAV, upright, with square pixels, as sRGB.

The container is named by the file's own first bytes and ffmpeg never opens a second file, so a play list under a false
name is refused. HDR is decoded without tone mapping, which a warning tells.
"""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation
from av.video.stream import VideoStream

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame, MediaInfo
from pipeline.errors import NoVideoStream, Unreadable
from pipeline.settings import Limits, Video

from .files import open_input
from .limits import check_picture
from .reader import Reader
from .sniff import VIDEO_FORMATS, sniff
from .timing import differences, resampled, rounded

_SCALER = Interpolation.LANCZOS | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
_HDR = {16: "PQ", 18: "HLG"}
_UNSPECIFIED = 2
_THREADS = 2
_MOST_PIXELS = 2**31 - 1  # ffmpeg takes no higher limit


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
def opened(file: BinaryIO, name: str, container_format: str) -> Iterator[InputContainer]:
    """A PyAV container over an open file, its format given by name. Raises Unreadable."""
    try:
        container = av.open(_Bytes(file.fileno()), format=container_format, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise Unreadable(f"{name} cannot be read as {container_format} ({error}); copy it anew") from error
    assert isinstance(container, InputContainer)
    with container:
        yield container


def video_stream(container: InputContainer, name: str, limits: Limits) -> VideoStream:
    """The stream with the pictures, set to decode on few threads. Raises NoVideoStream."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        kinds = ", ".join(sorted({s.type for s in container.streams})) or "nothing"
        raise NoVideoStream(f"{name} has no video stream (it holds {kinds}); a file with pictures is needed")
    streams[0].codec_context.thread_count = _THREADS
    # The size can change within a stream; twice the limit leaves room for a codec's own padding.
    streams[0].codec_context.options = {"max_pixels": str(int(min(2e6 * limits.max_megapixels, _MOST_PIXELS)))}
    streams[0].thread_type = "AUTO"
    return streams[0]


@dataclass(frozen=True, slots=True)
class _Shape:
    """How decoded pictures are shown: quarter turns counterclockwise, and the upright size in px."""

    turns: int
    width: int
    height: int

    def within(self, max_side: int) -> "_Shape":
        scale = min(1.0, max_side / max(self.width, self.height))
        return _Shape(self.turns, max(1, round(self.width * scale)), max(1, round(self.height * scale)))

    def picture(self, frame: VideoFrame) -> UInt8:
        """(height, width, 3) uint8 sRGB, upright."""
        width, height = (self.height, self.width) if self.turns % 2 else (self.width, self.height)
        unknown = frame.colorspace == _UNSPECIFIED
        source = (Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601) if unknown else None
        rgb = frame.reformat(width, height, "rgb24", src_colorspace=source, interpolation=_SCALER, threads=_THREADS)
        return np.ascontiguousarray(np.rot90(rgb.to_ndarray(), self.turns))


class VideoReader(Reader):
    """An open video; iterating gives every frame at its own time. Raises Unreadable and NoVideoStream when made."""

    def __init__(self, file: BinaryIO, name: str, container_format: str, limits: Limits) -> None:
        super().__init__(file)
        self._name, self._format, self._limits = name, container_format, limits
        self._damaged = 0  # packets, of the last iteration
        try:
            self.info, self._shape, self._rate = self._probe()
        except Exception:
            file.close()
            raise

    def _probe(self) -> tuple[MediaInfo, _Shape, float]:
        with opened(self._file, self._name, self._format) as container:
            stream, limits = video_stream(container, self._name, self._limits), self._limits
            context = stream.codec_context
            if context is None or not context.width * context.height:
                raise Unreadable(f"{self._name}: its video has no size; it is damaged or in an unknown format")
            check_picture(self._name, context.width, context.height, limits)
            first = next((frame for _, frame in self._decoded(container, stream)), None)
            if first is None:
                raise Unreadable(f"{self._name}: not one picture of its video can be decoded; copy it anew")
            shape = _shape(first, stream)
            check_picture(self._name, shape.width, shape.height, limits)
            rate = float(stream.average_rate or stream.guessed_rate or 25)
            hdr = _HDR.get(int(context.color_trc))
            warnings = (f"HDR ({hdr}) is read without tone mapping: colours look flat",) if hdr else ()
            duration = None if container.duration is None else container.duration // 1000
            size = os.fstat(self._file.fileno()).st_size
            frames = stream.frames or None
            info = MediaInfo(self._format, shape.width, shape.height, frames, duration, None, size, warnings)
            return info, shape, rate

    def _decoded(
        self, container: InputContainer, stream: VideoStream, from_ms: float = 0.0
    ) -> Iterator[tuple[float, VideoFrame]]:
        """Frames with their start in ms, rising, from the key frame at or before `from_ms`; damage is left out."""
        base = stream.time_base
        assert base is not None
        origin = stream.start_time or 0
        if from_ms > 0:
            container.seek(origin + int(from_ms / 1000 / base), stream=stream)
        step = 1000 / float(stream.average_rate or 25)
        time = from_ms - step
        self._damaged = 0
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._damaged += 1
                continue
            for frame in frames:
                assert isinstance(frame, VideoFrame)
                time = time + step if frame.pts is None else max(time, float((frame.pts - origin) * base) * 1000)
                yield time, frame

    @property
    def warnings(self) -> tuple[str, ...]:
        """The headers' warnings, then those of the last iteration, up to where it was broken off."""
        if not self._damaged:
            return super().warnings
        return *super().warnings, f"{self._damaged} packets of the video are damaged and were left out"

    def _own_ms(self, frame: VideoFrame) -> float:
        """How long a frame that none follows lasts."""
        if frame.duration and frame.time_base:
            return float(frame.duration * frame.time_base) * 1000
        return 1000 / self._rate

    def _frames(self) -> Iterator[Frame]:
        with opened(self._file, self._name, self._format) as container:
            stream = video_stream(container, self._name, self._limits)
            timed = differences(self._decoded(container, stream), self._own_ms)
            for frame, duration in rounded(timed, 1):
                yield Frame(self._shape.picture(frame), None, duration)

    def sample(
        self, video: Video, start_ms: float = 0.0, stop_ms: float | None = None
    ) -> Iterator[tuple[Frame, float]]:
        """See `sample` below; with each frame comes until when it shows, in ms from `start_ms` on, unrounded."""
        interval = 1000 / video.max_fps
        shape = self._shape.within(video.max_side)
        with opened(self._file, self._name, self._format) as container:
            stream = video_stream(container, self._name, self._limits)
            end = [0.0]

            def starts() -> Iterator[tuple[float, VideoFrame]]:
                for time, frame in self._decoded(container, stream, start_ms):
                    end[0] = time + self._own_ms(frame)
                    yield time - start_ms, frame

            length = float("inf") if stop_ms is None else stop_ms - start_ms
            dense = self._rate > 1.01 * video.max_fps
            for shown in resampled(starts(), lambda: min(length, end[0] - start_ms), interval, dense):
                yield Frame(shape.picture(shown.item), None, shown.duration_ms), shown.until_ms


def _shape(frame: VideoFrame, stream: VideoStream) -> _Shape:
    aspect = float(stream.sample_aspect_ratio or 1)
    width, height = frame.width, frame.height
    if aspect > 1:
        width = round(width * aspect)
    elif aspect > 0:
        height = round(height / aspect)
    turns = round(frame.rotation / 90) % 4
    return _Shape(turns, height, width) if turns % 2 else _Shape(turns, width, height)


def sample(
    path: Path,
    limits: Limits,
    video: Video,
    start_ms: float = 0.0,
    stop_ms: float | None = None,
    warnings: list[str] | None = None,
) -> Iterator[Frame]:
    """A video from `start_ms` until `stop_ms` at GIF timing: delays are multiples of 10 ms without drift.

    At most `video.max_fps` frames a second, and the longest side at most `video.max_side` px. `warnings` then holds
    what was wrong with the file. Raises Unreadable, NoVideoStream and TooLarge.
    """
    file = open_input(path, limits)
    kind = sniff(file, path.name)
    if kind not in VIDEO_FORMATS:
        file.close()
        raise Unreadable(f"{path.name} is {kind}, not a video")
    with VideoReader(file, path.name, kind, limits) as reader:
        for frame, _ in reader.sample(video, start_ms, stop_ms):
            yield frame
        if warnings is not None:
            warnings[:] = reader.warnings
