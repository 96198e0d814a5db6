"""Plans what a job publishes and where; the plan is in the catalogue before any file moves."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon.catalogue.publications import Publication, plan_outcome
from daemon.digests import digest_of
from daemon.folders import Folders, from_text, shown
from daemon.jobs import Job, Verdict
from daemon.publishing.names import Names, shorter
from daemon.publishing.publish import sync
from pipeline.report import ClipReport


@dataclass(frozen=True, slots=True)
class Planning:
    """Makes the plan of one job."""

    db: sqlite3.Connection
    folders: Folders
    job: Job

    @property
    def names(self) -> Names:
        """The names that the job may use."""
        return Names(self.db, self.folders, self.job)

    def results(self, reports: list[ClipReport]) -> None:
        """Choose names for all results and write the plan to the catalogue."""
        publications = [p for number, report in enumerate(reports, 1) for p in self._of_clip(number, report)]
        publications += self._of_source(self._home(reports))
        plan_outcome(self.db, self.job, reports, publications)

    def quarantine(self, verdict: Verdict) -> None:
        """Write the reason beside the input's place in quarantine, and plan to move the input there."""
        home = self.folders.quarantine / shorter(self.names.file_name, len(".txt"))
        publications = self._of_source(home)
        target = self.folders.absolute(publications[0].destination) if publications else home
        reason = target.with_name(target.name + ".txt")
        lines = [
            verdict.error,
            f"What to do: {verdict.remedy}.",
            f"Job {self.job.id}, dropped as {from_text(self.job.dropped_path)}.",
        ]
        reason.write_text("\n".join(map(shown, lines)) + "\n", errors="replace")
        plan_outcome(self.db, self.job, [], publications, verdict)

    def _of_clip(self, number: int, report: ClipReport) -> Iterator[Publication]:
        name = self.names.free_stem(report)
        for kind, staged in report.outputs.items():
            destination = self.folders.outputs / f"{name}{staged.suffix}"
            yield self._file("output", staged, destination, number, kind)
        if report.categorised is not None:
            destination = self.folders.gifs / report.category / f"{name}.gif"
            yield self._file("categorised", report.categorised, destination, number, "gif")
        frames_name = self.names.free_frames(name)
        for side in ("input", "enhanced"):
            frames = self.folders.staging(self.job.id, self.job.attempt) / report.name / "frames" / side
            if frames.is_dir():
                destination = self.folders.frames / side / frames_name
                yield Publication(
                    "frames_input" if side == "input" else "frames_enhanced",
                    self.folders.relative(frames),
                    self.folders.relative(destination),
                    clip_number=number,
                )

    def _file(self, kind: str, staged: Path, destination: Path, number: int, output_format: str) -> Publication:
        sync(staged)
        status = staged.stat()
        text = self.folders.relative(destination)
        return Publication(
            "output" if kind == "output" else "categorised",
            self.folders.relative(staged),
            text,
            digest_of(staged),
            status.st_size,
            status.st_mtime_ns,
            number,
            output_format,
            self.names.own_hash(text),
        )

    def _of_source(self, home: Path | None) -> list[Publication]:
        """Plan to move the input to its home, unless it is there already or is gone."""
        source = self.folders.absolute(self.job.path)
        if home is None or home == source or not source.exists():
            return []
        free = self.names.free(home)
        return [
            Publication(
                "source",
                self.job.path,
                self.folders.relative(free),
                self.job.hash,
                self.job.size_bytes,
                self.job.mtime_ns,
            )
        ]

    def _home(self, reports: list[ClipReport]) -> Path | None:
        """Return where a restored input belongs, None if it is there already."""
        source, name = self.folders.absolute(self.job.path), self.names.file_name
        if self.job.kind == "video":
            return None if source.is_relative_to(self.folders.raw_videos) else self.folders.raw_videos / name
        category = reports[0].category
        return None if self.folders.category_of(source) == category else self.folders.gifs / category / name
