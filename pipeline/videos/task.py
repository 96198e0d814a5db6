"""A whole video as a task: the settings say how, and a report of plain data says what came of it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from pipeline.errors import TooLarge
from pipeline.report import VideoReport
from pipeline.restoring.tools import tools
from pipeline.settings import Limits, Settings

from .planning.plan import Progress as VideoProgress
from .restorers import SettingsRestorer
from .whole import restore_video

_STARTS_AT = {"plan": 0.0, "restore": 0.03, "join": 0.98}  # of a video's time, roughly


def restore_whole(
    source: Path, into: Path, settings: Settings, progress: Callable[[str, float], None], name: str
) -> VideoReport:
    """Restore a whole video into the folder `into`, where finished segments wait for a run that goes on.

    They stay beside the result, so that nothing is done twice before the result is published; the folder is the
    caller's to remove. Raises the errors of `pipeline.errors`.
    """
    start, options = perf_counter(), settings.video.whole
    limited = replace(settings, limits=_limits(source, settings))
    ready = tools(limited)
    restorer = SettingsRestorer(limited, ready)

    def tell(step: VideoProgress) -> None:
        progress(step.stage, _share(step))

    result = restore_video(source, into, limited, options, restorer, tell, name, keeps_segments=True)
    plan, notes = result.plan, result.notes
    return VideoReport(
        name=name,
        path=result.path,
        frames=plan.frames,
        duration_ms=round(plan.seconds(plan.stop_pts) * 1000),
        encoder=options.encoder,
        shots=len(plan.shots),
        segments=len(result.segments),
        restored_segments=result.restored,
        faces=notes.faces,
        face_errors=notes.face_errors,
        restorer=ready.loaded.name,
        fallback=ready.loaded.fallback,
        seconds=round(perf_counter() - start, 3),
        warnings=tuple(dict.fromkeys([*result.warnings, *notes.warnings])),
    )


def _limits(source: Path, settings: Settings) -> Limits:
    """The limits with the whole video's own bound in bytes. Raises TooLarge where the file has more."""
    size, limit = source.stat().st_size, settings.video.whole.max_file_mb
    if size > limit * 1e6:
        fault = f"{size / 1e6:.1f} MB, more than video.whole.max_file_mb = {limit:g}"
        raise TooLarge(f"{source.name}: {fault}; raise it, or make the file smaller")
    return replace(settings.limits, max_file_mb=limit)


def _share(step: VideoProgress) -> float:
    """How much of the whole is done; a plan does not know its length, so it counts as nothing."""
    if step.stage != "restore":
        return _STARTS_AT[step.stage]
    return _STARTS_AT["restore"] + (_STARTS_AT["join"] - _STARTS_AT["restore"]) * step.frames / max(step.of_frames, 1)
