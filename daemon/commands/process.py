"""`gifrestored process`: files restored here and now, by the same worker and publication as the daemon's."""

import dataclasses
import filecmp
import hashlib
import json
import os
import tempfile
from pathlib import Path

from daemon.child import Child
from daemon.commands.progress import Bars
from daemon.commands.work import Outcome, each
from daemon.config import Config
from pipeline.report import ClipReport

Reports = list[ClipReport]


def process(files: list[Path], into: Path, config: Config, as_json: bool) -> int:
    """Restore each file into the folder `into`; returns 1 where one failed."""
    into.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with tempfile.TemporaryDirectory(prefix=".gifrestored-", dir=into.absolute()) as staging, Bars() as bars:

        def ask(child: Child, file: Path) -> Reports:
            staged = Path(tempfile.mkdtemp(dir=staging))
            reports = child.call(
                "pipeline.run.restore_file",
                Reports,
                lambda stage, share: bars.show(file.name, stage, share),
                source=file.absolute(),
                into=staged,
                settings=config,
                name=file.stem,
            )
            return [_publish(report, into) for report in reports]

        for outcome in each(files, ask):
            outcomes.append(outcome)
            for line in _lines(outcome):
                bars.say(line)
    if as_json:
        print(json.dumps([_plain(outcome) for outcome in outcomes], indent=2, default=str))
    return int(any(outcome.error for outcome in outcomes))


def _publish(report: ClipReport, into: Path) -> ClipReport:
    """Give the staged files their names in `into`."""
    outputs = {kind: _place(staged, into) for kind, staged in report.outputs.items()}
    categorised = report.categorised and _place(report.categorised, into / "categorised")
    return dataclasses.replace(report, outputs=outputs, categorised=categorised)


def _place(staged: Path, folder: Path) -> Path:
    """Link a whole file to its name; where that is another file's, to its name and the first digits of its hash."""
    folder.mkdir(exist_ok=True)
    with staged.open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b").hexdigest()[:8]
        os.fsync(file.fileno())
    for name in (staged.name, f"{staged.stem}-{digest}{staged.suffix}"):
        try:
            os.link(staged, folder / name)
        except FileExistsError:
            if not filecmp.cmp(staged, folder / name, shallow=False):
                continue
        return folder / name
    raise FileExistsError(f"{folder / name} is there and is another file; choose another folder with -o")


def _lines(outcome: Outcome[Reports]) -> list[str]:
    if outcome.error:
        return [f"{outcome.file}: {outcome.error}"]
    return [line for report in outcome.result or [] for line in _told(outcome.file, report)]


def _told(file: Path, report: ClipReport) -> list[str]:
    faces = {0: "no face", 1: "1 face"}.get(report.faces, f"{report.faces} faces")
    seconds = sum(report.seconds.values())
    files = ", ".join(str(path) for path in report.outputs.values())
    done = (
        f"{file.name}: {report.category}, {report.frames} frames, {faces}, {report.restorer}, {seconds:.0f} s → {files}"
    )
    loud = [f"{file.name}: restored without GFPGAN: {report.fallback}"] if report.fallback else []
    return [done, *loud, *(f"{file.name}: {warning}" for warning in report.warnings)]


def _plain(outcome: Outcome[Reports]) -> dict[str, object]:
    clips = [dataclasses.asdict(report) for report in outcome.result or []]
    return {"file": str(outcome.file), "error": outcome.error, "clips": clips}
