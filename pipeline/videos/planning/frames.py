"""From packets to pictures in the order they show, each with a time of its own."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain

import av
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

Timed = tuple[int, VideoFrame]
_MOST_EARLY = 64  # frames without a time at the start, which are held until one has a time


class Damage:
    """Counts the packets of an iteration that could not be read or decoded, and the times that had to be made up."""

    def __init__(self) -> None:
        self.packets = self.times = 0


def packets_of(container: InputContainer, streams: list[Stream], damage: Damage) -> "Iterator[Packet[Stream]]":
    """The packets of some streams; a file that breaks off ends there, which counts as damage."""
    demuxed = container.demux(streams)
    while True:
        try:
            packet = next(demuxed)
        except (StopIteration, EOFError):
            return
        except av.FFmpegError:
            damage.packets += 1
            return
        yield packet


def decoded(packets: "Iterable[Packet[Stream]]", damage: Damage) -> Iterator[VideoFrame]:
    """The pictures in packets of one video stream; packets that cannot be decoded are left out."""
    for packet in packets:
        try:
            frames = packet.decode()
        except av.FFmpegError:
            damage.packets += 1
            continue
        yield from (frame for frame in frames if isinstance(frame, VideoFrame))


def rising(frames: Iterable[VideoFrame], step: int, damage: Damage) -> Iterator[Timed]:
    """Each frame with its time, always later than the one before; `step` (ticks) is used where a time is missing.

    Frames without a time before the first that has one lead up to it: Matroska cannot tell times before 0.
    """
    stream = iter(frames)
    early, first = _until_timed(stream)
    last: int | None = None
    begin = 0 if first is None or first.pts is None else first.pts - len(early) * step
    for frame in chain(early, [] if first is None else [first], stream):
        pts = frame.pts
        if pts is None or (last is not None and pts <= last):
            damage.times += 1
            pts = begin if last is None else last + (step if pts is None else 1)
        last = pts
        yield pts, frame


def _until_timed(stream: Iterator[VideoFrame]) -> tuple[list[VideoFrame], VideoFrame | None]:
    early = list[VideoFrame]()
    for frame in stream:
        if frame.pts is not None or len(early) == _MOST_EARLY:
            return early, frame
        early.append(frame)
    return early, None


def deinterlaced(frames: Iterable[Timed], tick: Fraction) -> Iterator[Timed]:
    """One whole picture for each interlaced one, at its time, by bwdif; progressive ones stay as they are."""
    graph: Graph | None = None
    times: list[int] = []
    for pts, frame in frames:
        if graph is None:
            graph = _bwdif(frame, tick)
        frame.pts, frame.time_base = pts, tick
        times.append(pts)
        graph.vpush(frame)
        yield from _pulled(graph, times)
    if graph is not None:
        graph.vpush(None)
        yield from _pulled(graph, times)


def _bwdif(frame: VideoFrame, tick: Fraction) -> Graph:
    graph = Graph()
    source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=tick)
    graph.link_nodes(
        source, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink")
    ).configure()
    return graph


def _pulled(graph: Graph, times: list[int]) -> Iterator[Timed]:
    with suppress(av.error.BlockingIOError, EOFError):
        while True:
            frame = graph.vpull()
            assert isinstance(frame, VideoFrame)
            yield times.pop(0), frame
