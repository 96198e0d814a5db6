"""A whole video in one process: plan, segments, join; what a run before has finished is not done again."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pipeline.faces.detect import Detector, yunet
from pipeline.media.limits import check_result
from pipeline.settings import Settings, WholeVideo
from pipeline.whole_files import write_whole

from .encoders import BUILD, check_encoder, losses
from .join import join
from .planning.options import plan_key, segment_key
from .planning.plan import Notes, Progress, Segment, SegmentFile, VideoPlan
from .planning.scan import plan_video
from .planning.source import Source
from .restorers import RestoreShot
from .work import file_sha256, restore_segment

_RECORD = TypeAdapter(SegmentFile)


@dataclass(frozen=True, slots=True)
class VideoResult:
    """A finished video: `restored` counts the segments that this run has worked on, the others were there already."""

    path: Path
    plan: VideoPlan
    segments: tuple[SegmentFile, ...]
    restored: int
    warnings: tuple[str, ...]

    @property
    def notes(self) -> Notes:
        """What the restorer told of all segments, whichever run has restored them."""
        return reduce(add, (file.notes for file in self.segments), Notes())


Tell = Callable[[Progress], None]


def restore_video(
    path: Path,
    into: Path,
    settings: Settings,
    options: WholeVideo,
    restore: RestoreShot,
    progress: Tell = lambda progress: None,
    name: str | None = None,
    keeps_segments: bool = False,
) -> VideoResult:
    """Restore every frame of a video into `into`/<name>.mp4, or .mkv where MP4 cannot hold all of its streams.

    Without a `name` it is the file's own. Broken off at any moment and called again, it goes on with the first segment
    that isn't finished and writes the same bytes. Segments lie in a hidden folder of `into` until the result is there;
    with `keeps_segments` they stay, for a caller who may be broken off before the result is published. Raises the
    errors of `pipeline.errors`.
    """
    check_encoder(options.encoder)
    stem = name or path.stem
    folder = into / f".{stem}.segments"
    plan = kept_plan(path, folder, settings, options, yunet(settings.faces), progress)
    check_result(path.name, plan.picture.width, plan.picture.height, settings.upscale, ("mp4",))
    source = Source(path, settings.limits, plan)
    files, fresh = list[SegmentFile](), 0
    for segment in plan.segments:
        key = segment_key(options, settings, restore.name, BUILD, plan.sha256)
        file = finished(segment, folder, key)
        if file is None:
            tell = _counted(progress, plan, segment)
            file = _restored(source, segment, folder, key, settings, options, restore, tell)
            fresh += 1
        files.append(file)
    progress(Progress("join", plan.frames, plan.frames, len(files), len(files)))
    target = into / f"{stem}{plan.suffix}"
    notes = join(source, [segment_path(folder, segment) for segment in plan.segments], target)
    if not keeps_segments:
        _discard(folder)
    lost = losses(options.encoder, plan.picture.chroma, plan.picture.bits)
    return VideoResult(target, plan, tuple(files), fresh, (*plan.warnings, *lost, *notes))


def segment_path(folder: Path, segment: Segment) -> Path:
    """Where a segment's file lies."""
    return folder / f"{segment.number:05d}.mp4"


def finished(segment: Segment, folder: Path, key: str) -> SegmentFile | None:
    """The record of a segment whose file is whole and was made with the settings of `key`, else None."""
    path = segment_path(folder, segment)
    try:
        record = _RECORD.validate_json(path.with_suffix(".json").read_bytes())
        is_whole = record.key == key and file_sha256(path) == record.sha256
    except (OSError, ValidationError):
        return None
    return record if is_whole else None


def kept_plan(
    path: Path, folder: Path, settings: Settings, options: WholeVideo, look: Detector, progress: Tell
) -> VideoPlan:
    """The plan in the folder where it is of the same file and settings, else a new one, which is put there."""
    status = path.stat()
    key = f"{plan_key(options, settings)} {status.st_size} {status.st_mtime_ns}"
    plan_file, key_file = folder / "plan.json", folder / "plan.key"
    try:
        if key_file.read_text() == key:
            return VideoPlan.from_json(plan_file.read_bytes())
    except (OSError, ValueError):
        pass
    plan = plan_video(path, settings.limits, options, look, lambda frames: progress(Progress("plan", frames)))
    folder.mkdir(parents=True, exist_ok=True)
    key_file.unlink(missing_ok=True)
    for file, data in ((plan_file, plan.to_json()), (key_file, key.encode())):
        with write_whole(file) as part:
            part.write_bytes(data)
    return plan


def _restored(
    source: Source,
    segment: Segment,
    folder: Path,
    key: str,
    settings: Settings,
    options: WholeVideo,
    restore: RestoreShot,
    tell: Callable[[int], None],
) -> SegmentFile:
    path = segment_path(folder, segment)
    bare = restore_segment(source, segment, options, settings.upscale, restore, path, key, tell)
    file = replace(bare, notes=restore.take_notes())
    with write_whole(path.with_suffix(".json")) as part:
        part.write_bytes(_RECORD.dump_json(file))
    return file


def _counted(progress: Tell, plan: VideoPlan, segment: Segment) -> Callable[[int], None]:
    before = sum(other.frames for other in plan.segments[: segment.number])
    return lambda frames: progress(
        Progress("restore", before + frames, plan.frames, segment.number, len(plan.segments))
    )


def _discard(folder: Path) -> None:
    """Under its own name, a folder that is half deleted would look like an unfinished video."""
    rest = folder.with_name(f"{folder.name}-done")
    shutil.rmtree(rest, ignore_errors=True)
    folder.rename(rest)
    shutil.rmtree(rest, ignore_errors=True)
