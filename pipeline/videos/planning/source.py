"""A video as it lies on disk: opened with care, its frames read by their exact times from any keyframe on."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream

from pipeline.errors import Unreadable
from pipeline.media.files import open_input
from pipeline.media.sniff import VIDEO_FORMATS, sniff
from pipeline.media.video.container import open_container
from pipeline.settings import Limits

from .frames import Damage, Timed, decoded, deinterlaced, packets_of, rising
from .plan import Segment, VideoPlan


@dataclass(frozen=True, slots=True)
class Source:
    """A planned video: where it lies, and how it may be opened."""

    path: Path
    limits: Limits
    plan: VideoPlan


@contextmanager
def open_source(path: Path, limits: Limits) -> Iterator[tuple[InputContainer, str]]:
    """An open video and its format's name. Raises Unreadable and TooLarge."""
    with closing(open_input(path, limits)) as file:
        kind = sniff(file, path.name)
        if kind not in VIDEO_FORMATS:
            raise Unreadable(f"{path.name} is {kind}, not a video; only videos are restored as a whole")
        with open_container(file, path.name, kind) as container:
            yield container, kind


def all_frames(container: InputContainer, stream: VideoStream, deinterlace: bool, damage: Damage) -> Iterator[Timed]:
    """Every frame from where the container stands."""
    assert stream.time_base is not None
    step = max(1, round(1 / (stream.average_rate or 25) / stream.time_base))
    timed = rising(decoded(packets_of(container, [stream], damage), damage), step, damage)
    return deinterlaced(timed, stream.time_base) if deinterlace else timed


def frames_between(
    container: InputContainer, stream: VideoStream, plan: VideoPlan, first: int, stop: int, decode: int
) -> Iterator[Timed]:
    """The frames that start from `first` on, before `stop` (pts); decoding begins at the keyframe at `decode`."""
    if not plan.irregular and decode > plan.first_pts:
        container.seek(decode, stream=stream)
    for pts, frame in all_frames(container, stream, plan.picture.deinterlace, Damage()):
        if pts >= stop:
            return
        if pts >= first:
            yield pts, frame


def segment_frames(
    container: InputContainer, stream: VideoStream, plan: VideoPlan, segment: Segment
) -> Iterator[Timed]:
    """The frames of a segment, with those of its lead-in and lead-out.

    Raises Unreadable where they are not those that were planned.
    """
    count = 0
    for pts, frame in _from_lead_in(container, stream, plan, segment):
        count += segment.first_pts <= pts < segment.stop_pts
        yield pts, frame
    if count != segment.frames:
        at = plan.seconds(segment.first_pts)
        raise Unreadable(
            f"{plan.name}: from {at:.2f} s on, {segment.frames} frames were planned and {count} read; "
            "the file has changed, or is damaged there: copy it anew, or repair it with `ffmpeg -i FILE -c copy NEW`"
        )


def _from_lead_in(container: InputContainer, stream: VideoStream, plan: VideoPlan, segment: Segment) -> Iterator[Timed]:
    """Decodes from the start of the file where the index leads to a wrong place."""
    for decode in (segment.decode_pts, plan.first_pts):
        between = frames_between(container, stream, plan, segment.lead_in_pts, segment.lead_out_pts, decode)
        first = next(between, None)
        if first is not None and first[0] == segment.lead_in_pts:
            return chain([first], between)
        container.seek(0)
    return iter(())
