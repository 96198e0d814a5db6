"""The result's file before its packets: the muxer, its streams, tags, chapters and attachments."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from math import lcm
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.stream import AttachmentStream, Disposition, Stream
from av.video.stream import VideoStream

from .planning.container import tags_of, unusual_tags
from .planning.plan import VideoPlan

_LARGEST_TIMESCALE = 2**31 - 1
_LEAST_TIMESCALE = 10000  # FFmpeg doubles that of a track until it is as large
_MIME = {"mjpeg": "image/jpeg", "png": "image/png"}

Reopen = Callable[[], AbstractContextManager[tuple[InputContainer, str]]]


def open_target(path: Path, plan: VideoPlan, original: InputContainer) -> OutputContainer:
    """An output container with the source's tags and chapters; equal calls write equal bytes."""
    options = {"fflags": "+bitexact"}
    if plan.container == "mp4":
        options |= _mp4_options(plan, original)
    target = av.open(path, "w", format=plan.container, options=options)
    target.metadata.update(tags_of(original))
    if plan.chapters:
        target.set_chapters(original.chapters())
    return target


def add_video(target: OutputContainer, template: VideoStream, original: InputContainer, plan: VideoPlan) -> VideoStream:
    """The stream of the restored pictures: coded as `template` says, shown as the source was."""
    index = next(stream.index for stream in plan.streams if stream.fate == "restored")
    source, stream = original.streams[index], target.add_stream_from_template(template, opaque=True)
    stream.time_base = plan.picture.tick
    if stream.codec_context.name == "hevc" and plan.container == "mp4":
        stream.codec_context.codec_tag = "hvc1"  # Apple's players take no other
    stream.metadata.clear()
    stream.metadata.update(source.metadata)
    stream.disposition = source.disposition
    if plan.picture.display_matrix:
        stream.set_display_matrix(plan.picture.display_matrix)
    return stream


def add_copies(target: OutputContainer, original: InputContainer, plan: VideoPlan, reopen: Reopen) -> dict[int, Stream]:
    """The streams that take packets of the source, by their index there; attachments are added whole."""
    copies = dict[int, Stream]()
    for planned in plan.streams:
        if planned.fate != "copied":
            continue
        stream = original.streams[planned.index]
        if isinstance(stream, AttachmentStream):
            name = stream.name or stream.metadata.get("filename", "attachment")
            target.add_attachment(name, stream.mimetype or "application/octet-stream", stream.data)
        elif stream.disposition & Disposition.attached_pic and plan.container == "matroska":
            mime = _MIME.get(planned.codec, "image/jpeg")
            name = stream.metadata.get("filename", f"cover.{mime[6:]}")
            target.add_attachment(name, mime, _cover(planned.index, reopen))
        else:
            copies[planned.index] = _copy(target, stream)
    return copies


def _copy(target: OutputContainer, stream: Stream) -> Stream:
    copy = target.add_stream_from_template(stream, opaque=True)
    copy.metadata.update(stream.metadata)
    copy.disposition = stream.disposition
    return copy


def _cover(index: int, reopen: Reopen) -> bytes:
    """The first packet of a stream."""
    with reopen() as (container, _):
        return bytes(next(packet for packet in container.demux(container.streams[index]) if packet.size))


def _mp4_options(plan: VideoPlan, original: InputContainer) -> dict[str, str]:
    """Starts and lengths are told in units of the movie: 1/1000 s by default, which moves them."""
    track = plan.picture.tick.denominator
    while track < _LEAST_TIMESCALE:
        track *= 2
    rates = (s.codec_context.sample_rate for s in original.streams if isinstance(s, AudioStream) and s.codec_context)
    common = lcm(track, *(rate for rate in rates if rate))
    has_cover = any(stream.disposition & Disposition.attached_pic for stream in original.streams)
    quicktime = "+use_metadata_tags" if unusual_tags(tags_of(original)) and not has_cover else ""
    scale = common if common <= _LARGEST_TIMESCALE else 90000
    return {"movflags": f"+faststart{quicktime}", "movie_timescale": str(scale)}
