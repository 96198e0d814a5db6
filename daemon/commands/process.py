"""`gifrestored process`: restores files here and now, with the daemon's worker and its way of publishing."""

import contextlib
import dataclasses
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from daemon.commands.progress import Bars
from daemon.commands.work import Outcome, work_on_each
from daemon.digests import digest_of
from daemon.execution.calls import RESTORE_FILE, RESTORE_WHOLE_VIDEO
from daemon.execution.child import Child
from daemon.folders import readable
from daemon.publishing import publish
from daemon.publishing.names import shorter
from daemon.report_codec import to_json
from daemon.settings.config import Config
from pipeline.report import ClipReport, VideoReport

_VIDEOS = frozenset([".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"])
_NAME_ROOM = 28  # bytes that a result's name needs around the video's, while it is written and where it is one too many
Show = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Results:
    """What was made of one file; `video` is None where no whole video was asked for."""

    clips: list[ClipReport]
    video: VideoReport | None


def process(files: list[Path], into: Path, config: Config, as_json: bool, whole: bool = False) -> int:
    """Restore each file into `into`, a folder that is there; returns 1 where one failed.

    `video.mode` says what is made of a video; with `whole`, every file is restored as a whole video. Raises OSError
    where that folder can't be written.
    """
    outcomes, modes = [], {file: _mode(file, config, whole) for file in files}
    with ExitStack() as stack:
        bars = stack.enter_context(Bars())
        staging = stack.enter_context(_staging(into)) if {*modes.values()} != {"whole"} else None

        def ask(child: Child, file: Path) -> Results:
            mode, show = modes[file], partial(bars.show, file.name)
            clips = [] if mode == "whole" else _restore_clips(child, file, staging, into, config, show)
            return Results(clips, _restore_whole(child, file, into, config, show) if mode != "clips" else None)

        for outcome in work_on_each(files, ask):
            outcomes.append(outcome)
            for line in _describe_outcome(outcome):
                bars.print(line)
        for reason in sorted({r.fallback for o in outcomes for r in _reports(o) if r.fallback}):
            bars.print(f"restored without GFPGAN: {reason}")
    if as_json:
        print(to_json([_as_json(outcome) for outcome in outcomes], indent=2))
    return int(any(outcome.error for outcome in outcomes))


def _mode(file: Path, config: Config, whole: bool) -> Literal["clips", "whole", "both"]:
    if whole:
        return "whole"
    return config.video.mode if file.suffix.lower() in _VIDEOS else "clips"


def _staging(into: Path) -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix=".gifrestored-", dir=into.absolute())
    except OSError as error:
        raise OSError(f"{into} can't be written: {error.strerror}; choose another folder with -o") from error


def _restore_clips(
    child: Child, file: Path, staging: str | None, into: Path, config: Config, show: Show
) -> list[ClipReport]:
    staged = Path(tempfile.mkdtemp(dir=staging))
    request = RESTORE_FILE(source=file.absolute(), into=staged, settings=config, name=readable(file.stem))
    return [_publish_clip(report, staged, into) for report in child.call(request, show)]


def _restore_whole(child: Child, file: Path, into: Path, config: Config, show: Show) -> VideoReport:
    """Restore a whole video; a run that was broken off is continued with what lies in its hidden folder."""
    name = readable(shorter(readable(file.stem), _NAME_ROOM))
    with _work_folder(into.absolute() / f".{shorter(readable(file.name), len('..whole'))}.whole") as work:
        request = RESTORE_WHOLE_VIDEO(source=file.absolute(), into=work, settings=config, name=name)
        report = child.call(request, show)
        return dataclasses.replace(report, path=_publish_file(report.path, into))


@contextmanager
def _work_folder(folder: Path) -> Iterator[Path]:
    """Make a folder for one process at a time. Remove it at the end, but keep it after an error if it holds work."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(descriptor, folder)
        try:
            yield folder
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            with contextlib.suppress(OSError):
                folder.rmdir()  # of a video that was refused
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FileExistsError(f"another process restores this video into {folder.parent}; wait for it") from None


def _publish_clip(report: ClipReport, staged: Path, into: Path) -> ClipReport:
    """Publish the staged files of a clip; return the report with their places in `into`."""
    outputs = {kind: _publish_file(path, into) for kind, path in report.outputs.items()}
    categorised = report.categorised and _publish_file(report.categorised, into / "categorised")
    _publish_frames(staged / report.name / "frames", into / "frames", next(iter(outputs.values())))
    return dataclasses.replace(report, outputs=outputs, categorised=categorised)


def _publish_file(staged: Path, folder: Path) -> Path:
    """Publish a file under its own name or, if another file has that name, with the first digits of its hash."""
    digest = digest_of(staged)
    for name in (staged.name, f"{staged.stem}-{digest[:8]}{staged.suffix}"):
        try:
            publish.publish(staged, folder / name)
        except FileExistsError:
            if digest_of(folder / name) != digest:
                continue
        return folder / name
    raise FileExistsError(f"{folder / name} exists and is another file; choose another folder with -o")


def _publish_frames(staged: Path, into: Path, result: Path) -> None:
    """Under the name of their clip's result or, where that is another folder's, with the first digits of its hash."""
    sides = [side for side in ("input", "enhanced") if (staged / side).is_dir()]
    for name in (result.stem, f"{result.stem}-{digest_of(result)[:8]}"):
        homes = {staged / side: into / side / name for side in sides}
        if all(not os.path.lexists(home) or publish.has_equal_files(frames, home) for frames, home in homes.items()):
            for frames, home in homes.items():
                publish.publish_folder(frames, home)
            return
    raise FileExistsError(f"{into} has other frames under {name}; choose another folder with -o")


def _reports(outcome: Outcome[Results]) -> list[ClipReport | VideoReport]:
    if outcome.result is None:
        return []
    video = outcome.result.video
    return [*outcome.result.clips, *([video] if video else [])]


def _describe_outcome(outcome: Outcome[Results]) -> list[str]:
    if outcome.error:
        return [outcome.complaint]
    return [line for report in _reports(outcome) for line in _describe_report(outcome.file, report)]


def _describe_report(file: Path, report: ClipReport | VideoReport) -> list[str]:
    faces = {0: "no face", 1: "1 face"}.get(report.faces, f"{report.faces} faces")
    if isinstance(report, VideoReport):
        kind, seconds, files = "whole", report.seconds, str(report.path)
    else:
        kind, seconds = report.category, sum(report.seconds.values())
        files = ", ".join(str(path) for path in report.outputs.values())
    summary = f"{file.name}: {kind}, {report.frames} frames, {faces}, {report.restorer}, {seconds:.0f} s → {files}"
    return [summary, *(f"{file.name}: {warning}" for warning in report.warnings)]


def _as_json(outcome: Outcome[Results]) -> dict[str, object]:
    result = outcome.result or Results([], None)
    video = {"video": result.video} if result.video else {}
    return {"file": outcome.file, "error": outcome.error, "clips": result.clips, **video}
