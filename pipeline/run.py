"""Turns a file into restored clips: measure, restore window by window, encode, evaluate what was written."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import cv2

from pipeline import media
from pipeline.clips.clip import Frame
from pipeline.clips.spool import Spool
from pipeline.clips.windows import even_length, restore_windows, window_length
from pipeline.cutting.sampling import measure_section
from pipeline.cutting.sections import Section, sections
from pipeline.errors import NoSpace, OutOfMemory, is_disk_full
from pipeline.networks.classic import upscale_alpha
from pipeline.report import Category, ClipReport, Measurement, VideoReport
from pipeline.restoring.clip_restoration import ClipRestoration
from pipeline.restoring.detectors import detector
from pipeline.restoring.tools import Tools, tools
from pipeline.results import encode, encode_source, encoder_notes, evaluate
from pipeline.settings import Settings
from pipeline.videos.task import restore_whole

Progress = Callable[[str, float], None]

NO_MEMORY = "memory ran out; close other programs, or lower `window_megapixels`, `upscale` or `video.max_side`"
STARTS_AT = {"measure": 0.0, "restore": 0.02, "encode": 0.8, "evaluate": 0.92}  # of a clip's time, roughly


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for: a file, where its results go, what overrules or completes the measuring, and a mark."""

    source: Path
    into: Path
    settings: Settings
    category: Category | None = None
    truth: Path | None = None
    mark: str = ""


@dataclass(slots=True)
class Stages:
    """Times the stages of one clip and reports its progress."""

    progress: Progress
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time the block as `stage`."""
        self.progress(stage, STARTS_AT[stage])
        start = perf_counter()
        yield
        self.seconds[stage] = round(perf_counter() - start, 3)


def restore_file(
    source: Path,
    into: Path,
    settings: Settings,
    progress: Progress = lambda stage, share: None,
    name: str | None = None,
    category: Category | None = None,
    reference: Path | None = None,
    mark: str = "",
) -> list[ClipReport]:
    """Restore every clip of a GIF, animation or video, and write the results under the folder `into`.

    `into` is made where it is not there, the folder above it is not: a data root that was taken away stays away.
    `progress` is told the stage and the share of the whole that is done. `category` overrules the measured one.
    `reference` is an undamaged original to score against. A `mark` goes, with the category and the clip's name, into a
    comment of each GIF that is made of a video's clip. Raises the errors of `pipeline.errors`.
    """
    job = Job(source, into, settings, category, reference, mark)
    with _translate_system_errors():
        models = tools(settings)
        clips = sections(source, name or source.stem, settings)
        return [restore_clip(job, clip, models, _part(progress, i, len(clips))) for i, clip in enumerate(clips)]


def restore_whole_video(
    source: Path,
    into: Path,
    settings: Settings,
    progress: Progress = lambda stage, share: None,
    name: str | None = None,
) -> VideoReport:
    """Restore every frame of a video, with its sound, into one video in the folder `into`.

    Called again after it was broken off, with the same folder, it goes on where it was. What it keeps for that stays
    there, hidden, beside the result: the folder is the caller's to remove. `progress` is told of each frame. Raises
    the errors of `pipeline.errors`.
    """
    with _translate_system_errors():
        return restore_whole(source, into, settings, progress, name or source.stem)


def measure_file(source: Path, settings: Settings, name: str) -> dict[str, Measurement]:
    """Measure each clip of a file; return the measurements by the names that the clips of a file `name` get.

    Writes nothing. Raises the errors of `pipeline.errors`.
    """
    detect = detector(settings)
    return {section.name: measure_section(section, detect) for section in sections(source, name, settings)}


def restore_clip(job: Job, section: Section, models: Tools, progress: Progress) -> ClipReport:
    """Restore one clip and report on it. Raises TooLarge before work on a frame, and other errors of the pipeline."""
    settings, stages, folder = job.settings, Stages(progress), job.into / section.name
    media.check_result(section.name, section.width, section.height, settings.upscale, settings.outputs)
    with stages("measure"):
        measurement = measure_section(section, models.detector)
        category = job.category or measurement.category
    with stages("restore"):
        restoration = ClipRestoration(measurement, models, settings)
        restored = _restore(section, restoration, folder / "frames", progress)
    with stages("encode"):
        written = encode(section, restored, job.source, folder, settings)
        comment = f"{job.mark} {category} {section.name}" if job.mark else ""
        categorised = encode_source(section, folder, settings, comment) if section.is_video else None
    with stages("evaluate"):
        scores, unscored = evaluate(section, written, len(restored), job.truth, settings)
    warnings = [*section.warnings, *restoration.faces.warnings, *encoder_notes(written), *unscored]
    if not settings.keep_frames:
        shutil.rmtree(folder / "frames")
    return ClipReport(
        name=section.name,
        start_ms=section.start_ms,
        frames=len(restored),
        width=section.width,
        height=section.height,
        duration_ms=sum(restored.durations_ms),
        loop=section.loop,
        measurement=measurement,
        category=category,
        faces=restoration.most_faces,
        face_errors=restoration.faces.errors,
        restored_frames=restoration.faces.restored_frames,
        restorer=models.loaded.name,
        fallback=models.loaded.fallback,
        engine=models.loaded.engine,
        device=models.loaded.device,
        dtype=models.loaded.dtype,
        batch=models.loaded.batch,
        seconds=stages.seconds,
        outputs={kind: w.path for kind, w in written.items()},
        categorised=categorised,
        scores=scores,
        warnings=tuple(dict.fromkeys(warnings)),
        plan=restoration.plan.report(),
    )


def _restore(section: Section, restoration: ClipRestoration, folder: Path, progress: Progress) -> Spool:
    """Restore the clip's frames window by window into a spool on disk."""
    settings, scale = restoration.settings, restoration.settings.upscale
    longest = window_length(section.width * scale, section.height * scale, settings.window_megapixels)
    length = even_length(longest, section.count)
    for made in (*folder.parents[1::-1], folder):
        made.mkdir(exist_ok=True)
    restored = Spool(folder / "enhanced")
    inputs = Spool(folder / "input") if settings.keep_frames else None
    pairs = restore_windows(section.frames(), length, restoration.restore_window, section.loop)
    for done, (frame, rgb) in enumerate(pairs, 1):
        restored.add(Frame(rgb, upscale_alpha(frame.alpha, scale), frame.duration_ms))
        if inputs is not None:
            inputs.add(frame)
        share = min(1.0, done / max(section.count, 1))
        progress("restore", STARTS_AT["restore"] + share * (STARTS_AT["encode"] - STARTS_AT["restore"]))
    return restored


@contextmanager
def _translate_system_errors() -> Iterator[None]:
    """Turn the system's errors about memory and disk into our own."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory(NO_MEMORY) from error
    except cv2.error as error:
        if error.code != cv2.Error.StsNoMem:
            raise
        raise OutOfMemory(NO_MEMORY) from error
    except OSError as error:
        if not is_disk_full(error):
            raise
        raise NoSpace(f"the disk is full ({error.filename}); free some space and it continues by itself") from error


def _part(progress: Progress, index: int, count: int) -> Progress:
    """Return the progress callback of clip `index` of `count`."""
    return lambda stage, share: progress(stage, (index + share) / count)
