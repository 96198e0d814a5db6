"""MP4 out: H.264 as PyAV offers it (x264, 4:2:0, BT.709), and the sound of the video that the frames came from."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame, shown_ms

from .files import open_input, whole
from .limits import UNLIMITED
from .sniff import VIDEO_FORMATS, sniff
from .timing import UNIT_MS
from .video import opened, video_stream
from .written import Written

CRF = "16"
_BT709 = 1
_CLOCK = Fraction(1, 1000)
_COPIED = ("aac", "mp3", "mp3float", "ac3", "eac3", "alac", "opus", "flac")
_THREADS = 2


def write_mp4(frames: Iterable[Frame], path: Path, audio_from: Path | None = None, start_ms: int = 0) -> Written:
    """Write frames of equal size; transparent pixels become white, odd sides grow by one repeated line.

    Frames last as long as players show them. `audio_from` is the video whose sound is kept, from `start_ms` for as long
    as the frames last; they then keep to it, whatever players do with short ones. Raises ValueError
    on no frames, NoSpace, and what `open_input` raises.
    """
    stream_of_frames = iter(frames)
    first = next(stream_of_frames, None)
    if first is None:
        raise ValueError("an MP4 has at least one frame")
    lasting = shown_ms if audio_from is None else _own_ms
    with whole(path) as part:
        with av.open(part, "w", format="mp4", options={"movflags": "+faststart"}) as container, ExitStack() as held:
            stream = _stream(container, _even(first.rgb))
            audio = _Audio.of(audio_from, container, held) if audio_from else None
            count, total_ms = _write_pictures(chain([first], stream_of_frames), container, stream, lasting)
            if audio:
                audio.copy(container, start_ms, start_ms + total_ms)
        size = part.stat().st_size
    return Written(path, size, count, notes=audio.notes if audio else ())


def _write_pictures(
    frames: Iterable[Frame], container: OutputContainer, stream: VideoStream, lasting: Callable[[int], int]
) -> tuple[int, int]:
    """Code the pictures; their number and how long they last in ms."""
    durations: dict[int, int] = {}  # by start, of the pictures that the coder still holds

    def mux(packets: "list[Packet[VideoStream]]") -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = durations.pop(packet.pts)
            container.mux(packet)

    count = at = 0
    for frame in frames:
        duration = lasting(frame.duration_ms)
        durations[at] = duration
        mux(stream.encode(_coded(_even(frame.on_white()), at)))
        count, at = count + 1, at + duration
    mux(stream.encode(None))
    return count, at


def _own_ms(duration_ms: int) -> int:
    return max(duration_ms, UNIT_MS)  # a frame of 0 ms would share its moment with the next


def _stream(container: OutputContainer, picture: UInt8) -> VideoStream:
    # Without B-frames, since an MP4 then holds the last picture's duration exactly.
    stream = container.add_stream("libx264", rate=25, options={"crf": CRF, "preset": "medium", "bf": "0"})
    stream.height, stream.width = picture.shape[:2]
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base, context.thread_count = _CLOCK, _THREADS
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = ColorRange.MPEG
    return stream


def _coded(picture: UInt8, at_ms: int) -> VideoFrame:
    rgb = VideoFrame.from_ndarray(picture, "rgb24")
    frame = rgb.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
    frame.pts, frame.time_base = at_ms, _CLOCK
    return frame


def _even(rgb: UInt8) -> UInt8:
    height, width = rgb.shape[:2]
    if height % 2 or width % 2:
        rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(rgb)


def _aac_rate(rate: int) -> int:
    """The lowest rate of AAC's that keeps all of a sound, else its highest (samples a second)."""
    rates = av.Codec("aac", "w").audio_rates
    assert rates is not None
    return min((r for r in rates if r >= rate), default=max(rates))


class _Audio:
    """The sound of a source, copied as it is where MP4 can hold it, else coded anew as AAC."""

    def __init__(
        self, source: InputContainer, stream: AudioStream, origin: Fraction, container: OutputContainer
    ) -> None:
        self._source, self._from, self._origin = source, stream, origin
        self._copied = stream.codec_context.name in _COPIED
        self.notes: tuple[str, ...] = ()
        if self._copied:
            self._to = container.add_stream_from_template(stream)
        else:
            self._to = container.add_stream("aac", rate=_aac_rate(stream.codec_context.sample_rate))
            self.notes = (f"sound coded anew as AAC (MP4 cannot hold {stream.codec_context.name})",)

    @classmethod
    def of(cls, path: Path, container: OutputContainer, held: ExitStack) -> "_Audio | None":
        """The sound of the file at `path`; None where it has none."""
        file = held.enter_context(open_input(path, UNLIMITED))
        kind = sniff(file, path.name)
        if kind not in VIDEO_FORMATS:
            return None
        source = held.enter_context(opened(file, path.name, kind))
        pictures = video_stream(source, path.name, UNLIMITED)
        origin = (pictures.start_time or 0) * (pictures.time_base or Fraction(0))
        return cls(source, source.streams.audio[0], origin, container) if source.streams.audio else None

    def copy(self, container: OutputContainer, start_ms: int, stop_ms: int) -> None:
        """Mux what sounds between two moments of the source (ms from its first picture on)."""
        base = self._from.time_base
        assert base is not None
        first, last = (round((self._origin + Fraction(ms, 1000)) / base) for ms in (start_ms, stop_ms))
        if start_ms:
            self._source.seek(first, stream=self._from)
        if self._copied:
            self._copy_packets(container, first, last)
        else:
            self._code_anew(container, first, last)

    def _copy_packets(self, container: OutputContainer, first: int, last: int) -> None:
        for packet in self._source.demux(self._from):
            if packet.dts is None or packet.pts is None or packet.pts < first:
                continue
            if packet.pts >= last:
                break
            packet.pts, packet.dts = packet.pts - first, packet.dts - first
            packet.stream = self._to
            container.mux(packet)

    def _code_anew(self, container: OutputContainer, first: int, last: int) -> None:
        assert isinstance(self._to, AudioStream)
        rate = self._to.rate
        per_unit = rate * (self._from.time_base or 1)
        for frame in self._cut(round(first * per_unit), round(last * per_unit), rate):
            container.mux(self._to.encode(frame))
        container.mux(self._to.encode(None))

    def _cut(self, begin: int, end: int, rate: int) -> Iterator[AudioFrame]:
        """The sound between two samples of the source, its times from 0 on."""
        resampler = AudioResampler("fltp", self._from.codec_context.layout, rate)
        decoded = chain(self._source.decode(self._from), [None])  # None: what the resampler still holds
        for frame in chain.from_iterable(map(resampler.resample, decoded)):
            if frame.pts is None or frame.time_base is None:
                continue
            at = round(frame.pts * frame.time_base * rate)
            if at >= end:
                return
            samples = np.ascontiguousarray(frame.to_ndarray()[:, max(0, begin - at) : end - at], np.float32)
            if samples.size:
                cut = AudioFrame.from_ndarray(samples, "fltp", frame.layout.name)
                cut.sample_rate, cut.pts, cut.time_base = rate, max(0, at - begin), Fraction(1, rate)
                yield cut
