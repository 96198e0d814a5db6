"""`gifrestored process`: files restored here and now, by the same worker and publication as the daemon's."""

import dataclasses
import os
import tempfile
from pathlib import Path

from daemon.commands.progress import Bars
from daemon.commands.work import Outcome, each
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
            return [_place(report, staged, into) for report in reports]

        for outcome in each(files, ask):
            outcomes.append(outcome)
            for line in _lines(outcome):
                bars.say(line)
        for reason in sorted({r.fallback for o in outcomes for r in o.result or [] if r.fallback}):
            bars.say(f"restored without GFPGAN: {reason}")
    if as_json:
        print(to_json([_plain(outcome) for outcome in outcomes], indent=2))
    return int(any(outcome.error for outcome in outcomes))


def _staging(into: Path) -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory(prefix=".gifrestored-", dir=into.absolute())
    except OSError as error:
        raise OSError(f"{into} can't be written: {error.strerror}; choose another folder with -o") from error


def _place(report: ClipReport, staged: Path, into: Path) -> ClipReport:
    """Publish what was staged for a clip; the report then names the files in `into`."""
    outputs = {kind: _publish(path, into) for kind, path in report.outputs.items()}
    categorised = report.categorised and _publish(report.categorised, into / "categorised")
    _publish_frames(staged / report.name / "frames", into / "frames", next(iter(outputs.values())))
    return dataclasses.replace(report, outputs=outputs, categorised=categorised)


def _publish(staged: Path, folder: Path) -> Path:
    """Under its own name or, where that is another file's, with the first digits of its hash."""
    digest = digest_of(staged)
    for name in (staged.name, f"{staged.stem}-{digest[:8]}{staged.suffix}"):
        try:
            publish.publish(staged, folder / name)
        except FileExistsError:
            if digest_of(folder / name) != digest:
                continue
        return folder / name
    raise FileExistsError(f"{folder / name} is there and is another file; choose another folder with -o")


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


def _lines(outcome: Outcome[Reports]) -> list[str]:
    if outcome.error:
        return [outcome.complaint]
    return [line for report in outcome.result or [] for line in _told(outcome.file, report)]


def _told(file: Path, report: ClipReport) -> list[str]:
    faces = {0: "no face", 1: "1 face"}.get(report.faces, f"{report.faces} faces")
    seconds = sum(report.seconds.values())
    files = ", ".join(str(path) for path in report.outputs.values())
    done = (
        f"{file.name}: {report.category}, {report.frames} frames, {faces}, {report.restorer}, {seconds:.0f} s → {files}"
    )
    return [done, *(f"{file.name}: {warning}" for warning in report.warnings)]


def _plain(outcome: Outcome[Reports]) -> dict[str, object]:
    return {"file": outcome.file, "error": outcome.error, "clips": outcome.result or []}
