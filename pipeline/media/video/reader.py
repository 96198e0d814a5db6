"""Reads MP4, MOV, Matroska, WebM and AVI: upright pictures with square pixels, as sRGB.

HDR is decoded without tone mapping; a warning says so.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation
from av.video.stream import VideoStream

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame, MediaInfo
from pipeline.errors import Unreadable
from pipeline.settings import Limits, Video

from ..files import open_input
from ..limits import check_picture
from ..reader import Reader
from ..sniff import VIDEO_FORMATS, sniff
from ..timing import differences, resampled, rounded
from .container import THREADS, open_container, video_stream

_SCALER = Interpolation.LANCZOS | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
_HDR = {16: "PQ", 18: "HLG"}
_UNSPECIFIED = 2


@dataclass(frozen=True, slots=True)
class _Shape:
    """How decoded pictures are shown: quarter turns anticlockwise, and the upright size in px."""

    turns: int
    width: int
    height: int

    def within(self, max_side: int) -> "_Shape":
        """Return the shape shrunk so that no side is longer than `max_side` px."""
        scale = min(1.0, max_side / max(self.width, self.height))
        return _Shape(self.turns, max(1, round(self.width * scale)), max(1, round(self.height * scale)))

    def picture(self, frame: VideoFrame) -> UInt8:
        """Return a decoded frame as (height, width, 3) uint8 sRGB, upright."""
        width, height = (self.height, self.width) if self.turns % 2 else (self.width, self.height)
        is_unspecified = frame.colorspace == _UNSPECIFIED
        source = (Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601) if is_unspecified else None
        rgb = frame.reformat(width, height, "rgb24", src_colorspace=source, interpolation=_SCALER, threads=THREADS)
        return np.ascontiguousarray(np.rot90(rgb.to_ndarray(), self.turns))


class VideoReader(Reader):
    """An open video; iterating yields every frame at its own time. The constructor raises Unreadable, NoVideoStream."""

    def __init__(self, file: BinaryIO, name: str, container_format: str, limits: Limits) -> None:
        super().__init__(file)
        self._name, self._format, self._limits = name, container_format, limits
        self._damaged_packets = 0  # in the last iteration
        try:
            self.info, self._shape, self._rate = self._probe()
        except Exception:
            file.close()
            raise

    def _probe(self) -> tuple[MediaInfo, _Shape, float]:
        with open_container(self._file, self._name, self._format) as container:
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
        """Yield frames with their start times (ms, rising), from the codec's key frame at or before `from_ms`.

        Damaged packets are counted and left out.
        """
        base = stream.time_base
        assert base is not None
        origin = stream.start_time or 0
        if from_ms > 0:
            container.seek(origin + int(from_ms / 1000 / base), stream=stream)
        step = 1000 / float(stream.average_rate or 25)
        time = from_ms - step
        self._damaged_packets = 0
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._damaged_packets += 1
                continue
            for frame in frames:
                assert isinstance(frame, VideoFrame)
                time = time + step if frame.pts is None else max(time, float((frame.pts - origin) * base) * 1000)
                yield time, frame

    @property
    def warnings(self) -> tuple[str, ...]:
        """The headers' warnings, then those of the last iteration, even if it was not finished."""
        if not self._damaged_packets:
            return super().warnings
        return *super().warnings, f"{self._damaged_packets} packets of the video are damaged and were left out"

    def _own_ms(self, frame: VideoFrame) -> float:
        """Return how long the last frame lasts, in ms."""
        if frame.duration and frame.time_base:
            return float(frame.duration * frame.time_base) * 1000
        return 1000 / self._rate

    def _frames(self) -> Iterator[Frame]:
        with open_container(self._file, self._name, self._format) as container:
            stream = video_stream(container, self._name, self._limits)
            timed = differences(self._decoded(container, stream), self._own_ms)
            for frame, duration in rounded(timed, 1):
                yield Frame(self._shape.picture(frame), None, duration)

    def sample(
        self, video: Video, start_ms: float = 0.0, stop_ms: float | None = None
    ) -> Iterator[tuple[Frame, float]]:
        """Sample as `pipeline.media.video.sample`; yield each frame and when it stops showing (ms since `start_ms`)."""
        interval = 1000 / video.max_fps
        shape = self._shape.within(video.max_side)
        with open_container(self._file, self._name, self._format) as container:
            stream = video_stream(container, self._name, self._limits)
            decoded_until = [0.0]

            def starts() -> Iterator[tuple[float, VideoFrame]]:
                for time, frame in self._decoded(container, stream, start_ms):
                    decoded_until[0] = time + self._own_ms(frame)
                    yield time - start_ms, frame

            length = float("inf") if stop_ms is None else stop_ms - start_ms
            is_dense = self._rate > 1.01 * video.max_fps
            for shown in resampled(starts(), lambda: min(length, decoded_until[0] - start_ms), interval, is_dense):
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
    """Yield a video's frames from `start_ms` until `stop_ms` at GIF timing: delays in multiples of 10 ms, no drift.

    There are at most `video.max_fps` frames a second, and the longest side is at most `video.max_side` px. At the end,
    `warnings` is replaced by what is wrong with the file. Raises Unreadable, NoVideoStream and TooLarge.
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
