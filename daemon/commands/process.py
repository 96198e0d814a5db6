"""`gifrestored process`: restores files here and now, with the daemon's worker and its way of publishing."""

import dataclasses
import os
import tempfile
from pathlib import Path

from daemon.commands.progress import Bars
from daemon.commands.work import Outcome, work_on_each
from daemon.digests import digest_of
from daemon.execution.calls import RESTORE_FILE
from daemon.execution.child import Child
from daemon.folders import readable
from daemon.publishing import publish
from daemon.report_codec import to_json
from daemon.settings.config import Config
from pipeline.report import ClipReport

Reports = list[ClipReport]


def process(files: list[Path], into: Path, config: Config, as_json: bool) -> int:
    """Restore each file into `into`, a folder that is there; returns 1 where one failed.

    Raises OSError where that folder can't be written.
    """
    outcomes = []
    with _staging(into) as staging, Bars() as bars:

        def ask(child: Child, file: Path) -> Reports:
            staged = Path(tempfile.mkdtemp(dir=staging))
            request = RESTORE_FILE(source=file.absolute(), into=staged, settings=config, name=readable(file.stem))
            reports = child.call(request, lambda stage, share: bars.show(file.name, stage, share))
            return [_publish_clip(report, staged, into) for report in reports]

        for outcome in work_on_each(files, ask):
            outcomes.append(outcome)
            for line in _describe_outcome(outcome):
                bars.print(line)
        for reason in sorted({r.fallback for o in outcomes for r in o.result or [] if r.fallback}):
            bars.print(f"restored without GFPGAN: {reason}")
    if as_json:
        print(to_json([_as_json(outcome) for outcome in outcomes], indent=2))
    return int(any(outcome.error for outcome in outcomes))


def _staging(into: Path) -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix=".gifrestored-", dir=into.absolute())
    except OSError as error:
        raise OSError(f"{into} can't be written: {error.strerror}; choose another folder with -o") from error


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


def _describe_outcome(outcome: Outcome[Reports]) -> list[str]:
    if outcome.error:
        return [outcome.complaint]
    return [line for report in outcome.result or [] for line in _describe_clip(outcome.file, report)]


def _describe_clip(file: Path, report: ClipReport) -> list[str]:
    faces = {0: "no face", 1: "1 face"}.get(report.faces, f"{report.faces} faces")
    seconds = sum(report.seconds.values())
    files = ", ".join(str(path) for path in report.outputs.values())
    summary = (
        f"{file.name}: {report.category}, {report.frames} frames, {faces}, {report.restorer}, {seconds:.0f} s → {files}"
    )
    return [summary, *(f"{file.name}: {warning}" for warning in report.warnings)]


def _as_json(outcome: Outcome[Reports]) -> dict[str, object]:
    return {"file": outcome.file, "error": outcome.error, "clips": outcome.result or []}
