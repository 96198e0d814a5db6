"""Copies a video's sound into an MP4: packet by packet if MP4 can hold its codec, else coded anew as AAC."""

from collections.abc import Iterator
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

from ..files import open_input
from ..limits import UNLIMITED
from ..sniff import VIDEO_FORMATS, sniff
from .container import open_container, video_stream

_COPIED_CODECS = ("aac", "mp3", "mp3float", "ac3", "eac3", "alac", "opus", "flac")


class Sound:
    """The sound of one source file. `notes` says so if it was coded anew."""

    def __init__(
        self, source: InputContainer, stream: AudioStream, origin: Fraction, container: OutputContainer
    ) -> None:
        """Add an audio stream to `container`; `origin` is the time (s) of the source's first picture."""
        self._source, self._source_stream, self._origin = source, stream, origin
        self._is_copied = stream.codec_context.name in _COPIED_CODECS
        self.notes: tuple[str, ...] = ()
        if self._is_copied:
            self._target_stream = container.add_stream_from_template(stream)
        else:
            self._target_stream = container.add_stream("aac", rate=_aac_rate(stream.codec_context.sample_rate))
            self.notes = (f"sound coded anew as AAC (MP4 cannot hold {stream.codec_context.name})",)

    @classmethod
    def of(cls, path: Path, container: OutputContainer, stack: ExitStack) -> "Sound | None":
        """Open the sound of the file at `path`, closed by `stack`; None if the file has no sound."""
        file = stack.enter_context(open_input(path, UNLIMITED))
        kind = sniff(file, path.name)
        if kind not in VIDEO_FORMATS:
            return None
        source = stack.enter_context(open_container(file, path.name, kind))
        pictures = video_stream(source, path.name, UNLIMITED)
        origin = (pictures.start_time or 0) * (pictures.time_base or Fraction(0))
        return cls(source, source.streams.audio[0], origin, container) if source.streams.audio else None

    def copy(self, container: OutputContainer, start_ms: int, stop_ms: int) -> None:
        """Mux the sound between two moments of the source (ms since its first picture)."""
        base = self._source_stream.time_base
        assert base is not None
        first, last = (round((self._origin + Fraction(ms, 1000)) / base) for ms in (start_ms, stop_ms))
        if start_ms:
            self._source.seek(first, stream=self._source_stream)
        if self._is_copied:
            self._copy_packets(container, first, last)
        else:
            self._code_anew(container, first, last)

    def _copy_packets(self, container: OutputContainer, first: int, last: int) -> None:
        for packet in self._source.demux(self._source_stream):
            if packet.dts is None or packet.pts is None or packet.pts < first:
                continue
            if packet.pts >= last:
                break
            packet.pts, packet.dts = packet.pts - first, packet.dts - first
            packet.stream = self._target_stream
            container.mux(packet)

    def _code_anew(self, container: OutputContainer, first: int, last: int) -> None:
        assert isinstance(self._target_stream, AudioStream)
        rate = self._target_stream.rate
        samples_per_unit = rate * (self._source_stream.time_base or 1)
        for frame in self._samples(round(first * samples_per_unit), round(last * samples_per_unit), rate):
            container.mux(self._target_stream.encode(frame))
        container.mux(self._target_stream.encode(None))

    def _samples(self, begin: int, end: int, rate: int) -> Iterator[AudioFrame]:
        """Yield the sound between two samples of the source, with times that count from 0."""
        resampler = AudioResampler("fltp", self._source_stream.codec_context.layout, rate)
        decoded = chain(self._source.decode(self._source_stream), [None])  # None flushes the resampler
        for frame in chain.from_iterable(map(resampler.resample, decoded)):
            if frame.pts is None or frame.time_base is None:
                continue
            at = round(frame.pts * frame.time_base * rate)
            if at >= end:
                return
            samples = np.ascontiguousarray(frame.to_ndarray()[:, max(0, begin - at) : end - at], np.float32)
            if samples.size:
                part = AudioFrame.from_ndarray(samples, "fltp", frame.layout.name)
                part.sample_rate, part.pts, part.time_base = rate, max(0, at - begin), Fraction(1, rate)
                yield part


def _aac_rate(rate: int) -> int:
    """Return the lowest of AAC's sample rates that is at least `rate`, else its highest."""
    rates = av.Codec("aac", "w").audio_rates
    assert rates is not None
    return min((r for r in rates if r >= rate), default=max(rates))
