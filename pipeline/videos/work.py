"""One segment: decoded by time, restored as a stream, encoded straight into a file of its own."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path

from av.video.frame import VideoFrame

from pipeline.clips.clip import Frame
from pipeline.errors import SegmentDamaged
from pipeline.settings import WholeVideo
from pipeline.whole_files import write_whole

from .colour import Colours
from .encoders import ENCODERS
from .planning.frames import Timed
from .planning.inventory import pictures_of
from .planning.plan import Segment, SegmentFile, ShotPlan, VideoPlan
from .planning.source import Source, open_source, segment_frames
from .restorers import RestoreShot, Stretch
from .sample import shot_sample
from .writer import write_segment


def restore_segment(
    source: Source,
    segment: Segment,
    options: WholeVideo,
    scale: int,
    restore: RestoreShot,
    into: Path,
    key: str,
    progress: Callable[[int], None] = lambda frames: None,
) -> SegmentFile:
    """Restore one segment into the MP4 file `into`, which appears whole or not at all; equal calls write equal bytes.

    Memory does not grow with the segment. `restore` restores the frames of a shot, `scale` times as large; `progress`
    is told how many frames are in the file. Raises Unreadable, NoSpace, SegmentDamaged, and what `restore` raises.
    """
    encoder, picture = ENCODERS[options.encoder], source.plan.picture
    chroma = "420" if picture.chroma == "rgb" else picture.chroma
    colours = Colours(picture, scale, encoder.pix_fmt(chroma, picture.bits))
    frames = restored_frames(source, segment, colours, restore)
    with write_whole(into) as part:
        count = write_segment(part, colours, options, segment, frames, progress)
        if count != segment.frames:
            lost = f"{count} of {segment.frames} frames of segment {segment.number} came out"
            raise SegmentDamaged(f"{source.plan.name}: {lost}; try another `video.whole.encoder`, and report this")
        digest, size = file_sha256(part), part.stat().st_size
    return SegmentFile(segment.number, count, size, digest, key)


def restored_frames(source: Source, segment: Segment, colours: Colours, restore: RestoreShot) -> Iterator[Timed]:
    """The frames of a segment and of its lead-out, restored and ready to encode, each with its time."""
    plan = source.plan
    with open_source(source.path, source.limits) as (container, _):
        stream = pictures_of(container, source.path.name, source.limits)
        decoded = segment_frames(container, stream, plan, segment)
        counts = iter(segment.pieces)
        for shot, frames in groupby(decoded, key=_shots(plan, segment)):
            yield from _restored_shot(source, segment, shot, next(counts, 1), frames, colours, restore)


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shots(plan: VideoPlan, segment: Segment) -> Callable[[Timed], ShotPlan]:
    later = [shot for shot in plan.shots if shot.stop_pts > segment.lead_in_pts]

    def shot_of(timed: Timed) -> ShotPlan:
        while timed[0] >= later[0].stop_pts:
            later.pop(0)
        return later[0]

    return shot_of


def _restored_shot(
    source: Source,
    segment: Segment,
    shot: ShotPlan,
    count: int,
    frames: Iterator[Timed],
    colours: Colours,
    restore: RestoreShot,
) -> Iterator[Timed]:
    """What a shot has in a segment; restoring runs ahead of what it yields, so the times wait in a queue."""
    waiting: deque[tuple[int, VideoFrame | None]] = deque()
    until = min(shot.stop_pts, segment.lead_out_pts)

    def pictures() -> Iterator[Frame]:
        for (pts, frame), following in _with_next(frames, until):
            waiting.append((pts, frame if colours.keeps_depth else None))
            yield Frame(colours.to_rgb(frame), None, _ms(following, source.plan) - _ms(pts, source.plan))

    sample = lambda: shot_sample(source, shot, colours)  # noqa: E731
    picture = source.plan.picture
    width, height = picture.width, picture.height
    upright = (height, width) if picture.turns % 2 else (width, height)
    for rgb in restore(Stretch(count, *upright, shot.faces, pictures(), sample)):
        pts, own = waiting.popleft()
        if pts >= segment.first_pts:
            yield pts, colours.to_video(rgb, own)


def _with_next(frames: Iterator[Timed], until: int) -> Iterator[tuple[Timed, int]]:
    """Each frame with the time of the next."""
    last: Timed | None = None
    for timed in frames:
        if last is not None:
            yield last, timed[0]
        last = timed
    if last is not None:
        yield last, until


def _ms(pts: int, plan: VideoPlan) -> int:
    return round((pts - plan.first_pts) * plan.picture.tick * 1000)
