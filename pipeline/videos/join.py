"""Segments become the video: their packets are joined as they are, and all else of the source is copied beside them."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from pipeline.errors import SegmentDamaged
from pipeline.whole_files import write_whole

from .planning.frames import Damage, packets_of
from .planning.plan import VideoPlan
from .planning.source import Source, open_source
from .target import add_copies, add_video, open_target
from .writer import lasting


def join(source: Source, segments: Sequence[Path], into: Path) -> tuple[str, ...]:
    """Write the file `into` of the plan's segments, in order, and of what the source holds besides; return warnings.

    Pictures keep their times to the tick in MP4, to the millisecond in Matroska; sound, subtitles, chapters, tags,
    covers and attachments are copied. Memory is bounded; the file appears whole or not at all. Raises SegmentDamaged
    where the segments don't fit each other, Unreadable where the source has gone bad, NoSpace.
    """
    plan, damage = source.plan, Damage()
    with write_whole(into) as part, ExitStack() as stack:
        original, _ = stack.enter_context(open_source(source.path, source.limits))
        template = stack.enter_context(av.open(segments[0], "r", format="mp4"))
        target = stack.enter_context(open_target(part, plan, original))
        video = add_video(target, template.streams.video[0], original, plan)
        copies = add_copies(target, original, plan, lambda: open_source(source.path, source.limits))
        pictures = _timed(lasting(_joined(segments, video, plan), plan.stop_pts), 0)
        beside = _timed(_copied(original, copies, damage), 1)
        shift = max(Fraction(0), -plan.first_pts * plan.picture.tick)
        for _, _, packet in merge(pictures, beside):
            target.mux(_shifted(packet, shift))
    return (f"{damage.packets} packets of sound or subtitles could not be read",) if damage.packets else ()


def _joined(segments: Sequence[Path], video: VideoStream, plan: VideoPlan) -> "Iterator[Packet[VideoStream]]":
    """All pictures' packets, with the times of the source."""
    extradata: bytes | None = None
    for planned, path in zip(plan.segments, segments, strict=True):
        with av.open(path, "r", format="mp4") as container:
            stream = container.streams.video[0]
            own = bytes(stream.codec_context.extradata or b"")
            if extradata is not None and own != extradata:
                raise SegmentDamaged(f"{path.name} was coded with other settings than the first segment; delete it")
            extradata, count = own, 0
            for packet in container.demux(stream):
                if packet.pts is None or stream.time_base is None:
                    continue
                packet.pts = packet.dts = planned.first_pts + round(packet.pts * stream.time_base / plan.picture.tick)
                packet.time_base, packet.stream, count = plan.picture.tick, video, count + 1
                yield packet
        if count != planned.frames:
            raise SegmentDamaged(f"{path.name} has {count} frames instead of {planned.frames}; delete it")


def _copied(original: InputContainer, copies: dict[int, Stream], damage: Damage) -> "Iterator[Packet[Stream]]":
    """The packets of the other streams as they are."""
    if not copies:
        return
    last = dict.fromkeys(copies, -(2**63))
    for packet in packets_of(original, [original.streams[index] for index in copies], damage):
        if packet.size == 0:
            continue
        index = packet.stream.index
        if packet.stream.disposition & Disposition.attached_pic:
            packet.pts = packet.dts = 0  # a cover has no time
        dts = packet.pts if packet.dts is None else packet.dts
        if packet.pts is None or dts is None or dts < last[index]:
            damage.packets += 1
            continue
        packet.dts = dts
        last[index], packet.stream = dts, copies[index]
        yield packet


def _timed(packets: "Iterable[Packet[Any]]", order: int) -> "Iterator[tuple[Fraction, int, Packet[Any]]]":
    for packet in packets:
        yield (packet.dts or 0) * packet.time_base, order, packet


def _shifted(packet: "Packet[Any]", shift: Fraction) -> "Packet[Any]":
    """A player leaves out pictures before 0, so where there are some, all streams begin later by the same time."""
    if shift and packet.pts is not None and packet.dts is not None:
        ticks = round(shift / packet.time_base)
        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
    return packet
