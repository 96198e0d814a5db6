"""Small videos of every kind, made by the wheel's own FFmpeg, and what a reader sees of one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

from pipeline.settings import Settings, WholeVideo
from pipeline.videos.planning.plan import Notes
from pipeline.videos.restorers import Stretch
from pipeline.videos.whole import VideoResult, restore_video

MILLISECOND = Fraction(1, 1000)
FAST = WholeVideo(preset="fast")
X264 = {"preset": "ultrafast", "crf": "10"}


class Same:
    """Stands in for a restorer: every picture as it is, each pixel `scale` times as wide and high."""

    name = "same"

    def __init__(self, scale: int = 1) -> None:
        self._scale = scale
        self.seen: list[int] = []

    def __call__(self, stretch: Stretch) -> Iterator[Any]:
        self.seen.append(stretch.count)
        for frame in stretch.frames:
            yield frame.rgb.repeat(self._scale, 0).repeat(self._scale, 1)

    def take_notes(self) -> Notes:
        return Notes()


def restored(path: Path, into: Path, options: WholeVideo = FAST, scale: int = 1, **given: Any) -> VideoResult:
    into.mkdir(exist_ok=True)
    given.setdefault("restore", Same(scale))
    return restore_video(path, into, Settings(restorer="classic", upscale=scale), options, **given)


def scene(number: int, width: int = 64, height: int = 48) -> Any:
    """A bright square that moves over a gradient: (height, width, 3)."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[..., 0], rgb[..., 1] = np.linspace(0, 200, width), np.linspace(40, 160, height)[:, None]
    left = number % max(1, width - 8)
    rgb[: height // 2, left : left + 8] = 230
    return rgb


def video(
    path: Path,
    times: Sequence[int],
    tick: Fraction = MILLISECOND,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    size: tuple[int, int] = (64, 48),
    pictures: Callable[[int], Any] | None = None,
    options: dict[str, str] | None = None,
    prepare: Callable[[Any, Any], None] = lambda container, stream: None,
    sound: Sequence[tuple[str, int]] = (),
    finish: Callable[[Any], None] = lambda container: None,
    muxer: dict[str, str] | None = None,
    dress: Callable[[int, VideoFrame], VideoFrame] = lambda number, frame: frame,
) -> Path:
    """A video whose frames start at `times` (in `tick` s), with a sound track for each (codec, rate) of `sound`."""
    width, height = size
    draw = pictures or (lambda number: scene(number, width, height))
    with av.open(path, "w", options=muxer or {}) as container:
        stream: Any = container.add_stream(codec, rate=25, options=X264 if options is None else options)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = tick
        tracks = [container.add_stream(name, rate=rate, layout="stereo") for name, rate in sound]
        prepare(container, stream)
        length = float((times[-1] + 40) * tick)
        for number, time in enumerate(times):
            frame = dress(number, VideoFrame.from_ndarray(draw(number), "rgb24"))
            frame.pts, frame.time_base = time, tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for number, track in enumerate(tracks):
            _tone(container, track, length, 440 * (number + 1))
        finish(container)
    return path


def _tone(container: Any, track: Any, seconds: float, hertz: int) -> None:
    rate, at = track.rate, 0
    while at < seconds * rate:
        samples = np.sin(np.arange(at, at + 1024) * 2 * np.pi * hertz / rate).astype(np.float32) * 0.5
        frame = AudioFrame.from_ndarray(np.stack([samples, samples]), "fltp", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        container.mux(track.encode(frame))
        at += 1024
    container.mux(track.encode(None))


@dataclass
class Seen:
    """What a reader gets of a video: times in s; packets as (time, bytes) for each stream that isn't the picture."""

    times: list[Fraction]
    stop: Fraction
    packets: dict[int, list[tuple[Fraction, bytes]]]
    frames: list[VideoFrame]
    info: dict[str, Any]


def read(path: Path) -> Seen:
    with av.open(path) as container:
        pictures = container.streams.video[0]
        pictures.thread_type = "AUTO"
        frames, packets, stop = [], {}, Fraction(0)
        for packet in container.demux():
            if packet.stream.index == pictures.index:
                frames += packet.decode()
                if packet.pts is not None:
                    stop = max(stop, (packet.pts + (packet.duration or 0)) * packet.time_base)
            elif packet.pts is not None and packet.size:
                packets.setdefault(packet.stream.index, []).append((packet.pts * packet.time_base, bytes(packet)))
        context = pictures.codec_context
        info = {
            "tags": dict(container.metadata),
            "chapters": container.chapters(),
            "codecs": [s.codec_context.name for s in container.streams if s.type != "attachment" and s.codec_context],
            "rotation": frames[0].rotation if frames else None,
            "aspect": pictures.sample_aspect_ratio,
            "size": (context.width, context.height),
            "pix_fmt": context.pix_fmt,
            "colours": tuple(
                int(value)
                for value in (context.colorspace, context.color_range, context.color_primaries, context.color_trc)
            ),
        }
    return Seen([frame.pts * frame.time_base for frame in frames], stop, packets, frames, info)


def add_cover(container: Any, stream: Any, jpeg: bytes) -> Callable[[Any], None]:
    """A cover as players store it beside a video; call the result once the pictures are in."""
    cover = container.add_stream("mjpeg", rate=1)
    cover.width, cover.height, cover.pix_fmt = stream.width, stream.height, "yuvj420p"
    cover.disposition = av.stream.Disposition.attached_pic

    def finish(container: Any) -> None:
        container.mux(_packet(jpeg, cover, 0, Fraction(1, 25)))

    return finish


def add_subtitles(container: Any, codec: str, lines: Sequence[bytes], every: int) -> Callable[[Any], None]:
    """Subtitles, one line each `every` ms; call the result once the pictures are in."""
    stream = container.add_mux_stream(codec)
    stream.metadata["language"] = "fra"

    def finish(container: Any) -> None:
        for number, line in enumerate(lines):
            packet = _packet(line, stream, number * every, MILLISECOND)
            packet.duration = every // 2
            container.mux(packet)

    return finish


def _packet(data: bytes, stream: Any, pts: int, tick: Fraction) -> Any:
    packet: Any = av.Packet(data)
    packet.stream, packet.pts, packet.dts, packet.time_base = stream, pts, pts, tick
    packet.is_keyframe = True
    return packet


def moved(source: Path, into: Path, seconds: Fraction) -> Path:
    """The packets of a video, so much earlier: what is before 0 is hidden by an edit list in an MP4."""
    with av.open(source) as read_from, av.open(into, "w") as container:
        copies: dict[int, Any] = {
            s.index: container.add_stream_from_template(s, opaque=True) for s in read_from.streams
        }
        for packet in read_from.demux():
            if packet.dts is None or packet.pts is None:
                continue
            ticks = round(seconds / packet.time_base)
            packet.pts, packet.dts = packet.pts - ticks, packet.dts - ticks
            packet.stream = copies[packet.stream_index]
            container.mux(packet)
    return into


def pictures_only(path: Path, jpegs: Sequence[bytes]) -> Path:
    """A video of JPEGs, which may differ in size."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
        for number, jpeg in enumerate(jpegs):
            container.mux(_packet(jpeg, stream, 40 * number, MILLISECOND))
    return path
