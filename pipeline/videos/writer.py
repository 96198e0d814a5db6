"""A segment's file: frames into an MP4 whose times begin at 0 and are whole ticks."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.settings import WholeVideo

from .colour import Colours
from .encoders import add_video_stream
from .planning.plan import Segment


def write_segment(
    path: Path,
    colours: Colours,
    options: WholeVideo,
    segment: Segment,
    frames: Iterable[tuple[int, VideoFrame]],
    progress: Callable[[int], None],
) -> int:
    """Encode frames, each with its time in the source, and keep the segment's; return their number.

    `progress` is told how many are in the file.
    """
    tick, rate = colours.picture.tick, Fraction(*colours.picture.rate)
    count = 0
    with av.open(path, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = add_video_stream(container, options, colours.pix_fmt, colours.size, rate, tick)
        colours.tag(stream.codec_context)
        length = segment.stop_pts - segment.first_pts
        for packet in lasting(kept(encoded(stream, segment, frames), length), length):
            container.mux(packet)
            count += 1
            progress(count)
    return count


def encoded(
    stream: VideoStream, segment: Segment, frames: Iterable[tuple[int, VideoFrame]]
) -> "Iterable[Packet[VideoStream]]":
    """The packets of frames, times counted from the segment's first frame on."""
    for pts, frame in frames:
        coded = frame.reformat(format=stream.pix_fmt)
        coded.pts, coded.time_base = pts - segment.first_pts, stream.codec_context.time_base
        yield from stream.encode(coded)
    yield from stream.encode(None)


def kept(packets: "Iterable[Packet[VideoStream]]", stop: int) -> "Iterable[Packet[VideoStream]]":
    """The packets before `stop`: those of the lead-out only let the encoder spend as much on a segment's last frames.

    Without them, a segment ends in worse pictures than the next begins with.
    """
    return (packet for packet in packets if packet.pts is not None and packet.pts < stop)


def lasting(packets: "Iterable[Packet[VideoStream]]", stop: int) -> "Iterable[Packet[VideoStream]]":
    """Packets in order of time, each lasting until the next and the last until `stop` (ticks)."""
    for packet, following in pairwise(chain(packets, [None])):
        assert packet is not None
        assert packet.pts is not None
        until = stop if following is None else following.pts
        assert until is not None
        packet.duration = until - packet.pts
        yield packet
