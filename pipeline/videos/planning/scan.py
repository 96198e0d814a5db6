"""One pass over a video: times, keyframes, shots, faces; what cannot be kept right is refused before any work."""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Interpolation
from av.video.stream import VideoStream

from pipeline.arrays import UInt8
from pipeline.clips import shots
from pipeline.clips.clip import Shot
from pipeline.errors import Unreadable
from pipeline.faces.detect import Detector
from pipeline.settings import Limits, WholeVideo

from .container import is_chapter_track, lost_tags, tags_of
from .frames import Damage, decoded, packets_of, rising
from .inventory import check_frame, picture_of, pictures_of, streams_of
from .plan import Picture, ShotPlan, StreamPlan, VideoPlan
from .segments import cut
from .source import open_source

FACE_EVERY = 12  # frames between two looks for a face
_MISSING_S = 0.5  # of pictures, at the end of a file, which is worth telling
_THUMBNAIL, _LOOK = 160, 640  # px, the longer side of what shots are told by and faces are looked for in


@dataclass(slots=True)
class _Seen:
    """What the pass has gathered so far: times in ticks, one look's answer for each `FACE_EVERY` frames."""

    picture: Picture | None = None
    times: "array[int]" = field(default_factory=lambda: array("q"))
    keyframes: list[int] = field(default_factory=list)
    faces: list[bool] = field(default_factory=list)
    last_ticks: int = 0
    damage: Damage = field(default_factory=Damage)


def plan_video(
    path: Path,
    limits: Limits,
    options: WholeVideo,
    look: Detector,
    progress: Callable[[int], None] = lambda frames: None,
) -> VideoPlan:
    """Plan how to restore a whole video; equal files and settings give equal plans.

    `look` finds faces; `progress` is told how many frames were seen. Raises Unreadable, NoVideoStream, TooLarge, and
    Unsupported for what could not be kept right.
    """
    with open_source(path, limits) as (container, kind):
        stream = pictures_of(container, path.name, limits)
        seen = _Seen()
        scenes = shots.shots_of(_signatures(container, stream, path.name, options, look, seen, progress))
        if seen.picture is None:
            raise Unreadable(f"{path.name}: not one picture of its video can be decoded; copy it anew")
        target, streams = streams_of(container, stream)
        stop = seen.times[-1] + seen.last_ticks
        tick = seen.picture.tick
        bounds = (max(1, round(seconds / tick)) for seconds in (options.shortest_segment, options.longest_segment))
        return VideoPlan(
            name=path.name,
            format=kind,
            picture=seen.picture,
            frames=len(seen.times),
            first_pts=seen.times[0],
            stop_pts=stop,
            keyframes=len(seen.keyframes),
            irregular=seen.damage.times > 0,
            container=target,
            streams=streams,
            chapters=len(container.chapters()),
            shots=tuple(_shot(shot, seen, stop) for shot in scenes),
            segments=tuple(cut(seen.times, stop, scenes, sorted(seen.keyframes), *bounds)),
            warnings=tuple(_warnings(container, target, streams, seen)),
        )


def _signatures(
    container: InputContainer,
    stream: VideoStream,
    name: str,
    options: WholeVideo,
    look: Detector,
    seen: _Seen,
    progress: Callable[[int], None],
) -> Iterator[shots.Signature]:
    assert stream.time_base is not None
    step = max(1, round(1 / (stream.average_rate or 25) / stream.time_base))
    packets = _noted(packets_of(container, [stream], seen.damage), seen)
    for number, (pts, frame) in enumerate(rising(decoded(packets, seen.damage), step, seen.damage)):
        if seen.picture is None:
            seen.picture = picture_of(stream, frame, name, options.deinterlace)
        check_frame(frame, seen.picture, name, float((pts - (seen.times[0] if number else pts)) * stream.time_base))
        seen.times.append(pts)
        seen.last_ticks = frame.duration or step
        if number % FACE_EVERY == 0:
            seen.faces.append(bool(look(_small(frame, _LOOK, seen.picture))))
        yield shots.signature(_small(frame, _THUMBNAIL, seen.picture))
        progress(number + 1)


def _noted(packets: "Iterator[Packet[Stream]]", seen: _Seen) -> "Iterator[Packet[Stream]]":
    for packet in packets:
        if packet.is_keyframe and packet.pts is not None:
            seen.keyframes.append(packet.pts)
        yield packet


def _small(frame: VideoFrame, side: int, picture: Picture) -> UInt8:
    """The picture with its longer side at most `side` px, upright, its colours nearly right."""
    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = (max(2, round(n * scale)) for n in (frame.width, frame.height))
    rgb = frame.reformat(width, height, "rgb24", interpolation=Interpolation.AREA, dst_color_range=ColorRange.JPEG)
    return np.ascontiguousarray(np.rot90(rgb.to_ndarray(), picture.turns))


def _shot(shot: Shot, seen: _Seen, stop: int) -> ShotPlan:
    until = seen.times[shot.stop] if shot.stop < len(seen.times) else stop
    looks = seen.faces[-(-shot.start // FACE_EVERY) : -(-shot.stop // FACE_EVERY)]
    return ShotPlan(seen.times[shot.start], until, any(looks or seen.faces[shot.start // FACE_EVERY :][:1]))


def _warnings(container: InputContainer, target: str, streams: tuple[StreamPlan, ...], seen: _Seen) -> Iterator[str]:
    assert seen.picture is not None
    if seen.damage.packets:
        yield f"{seen.damage.packets} packets of the video are damaged and were left out"
    length, end = container.duration, float((seen.times[-1] + seen.last_ticks) * seen.picture.tick)
    if length is not None and length / 1e6 > end + _MISSING_S:
        yield f"the video ends at {end:.2f} s of {length / 1e6:.2f} s: the file is cut off, or its sound is longer"
    if seen.damage.times:
        yield f"{seen.damage.times} frames had no time of their own, or that of the frame before: theirs was made up"
    if seen.picture.bits > 10:
        yield f"the video has {seen.picture.bits} bits a colour; 10 are kept"
    if target == "matroska" and any(s.fate == "copied" for s in streams):
        yield "the result is a Matroska file (.mkv), as MP4 cannot hold every stream; its times are whole milliseconds"
    for plan, stream in zip(streams, container.streams, strict=True):
        if plan.fate == "dropped" and not is_chapter_track(container, stream):
            yield f"stream {plan.index} ({plan.kind}, {plan.codec}) is not in the result: {plan.note}"
    has_cover = any(stream.disposition & Disposition.attached_pic for stream in container.streams.video)
    lost = lost_tags("mp4" if target == "mp4" else "matroska", tags_of(container), has_cover)
    if lost:
        yield f"MP4 cannot hold these tags beside a cover, so they are not in the result: {', '.join(lost)}"
