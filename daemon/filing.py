"""Where an attempt's results go: names are chosen, the plan is committed and carried out; each step can be repeated."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import structlog

from daemon.catalogue.ledger import Job, Outcome, note
from daemon.catalogue.results import (
    Publication,
    finish,
    is_planned,
    owner_of_output,
    plan,
    planned,
    rename,
    stay,
    unplan,
)
from daemon.folders import Folders, from_text, readable, to_text
from daemon.publish import digest_of, move, publish, publish_folder, sync
from daemon.steps import reached
from daemon.verdicts import Verdict
from pipeline.report import ClipReport

log = structlog.get_logger()
_LONGEST = 200  # bytes of a stem: leaves room for `-<hash8>`, a clip's number and a suffix within a name's 255


def clip_name(job: Job) -> str:
    """A job's stem as its clips are named: valid UTF-8, and short enough to be added to."""
    return readable(from_text(job.name)).encode()[:_LONGEST].decode(errors="ignore") or "clip"


@dataclass(frozen=True, slots=True)
class Filing:
    """The plan and the publication of one job's results."""

    db: sqlite3.Connection
    folders: Folders
    job: Job

    def plan_results(self, reports: list[ClipReport]) -> None:
        """Choose names for all that was restored, and commit to publishing it."""
        publications = [p for number, report in enumerate(reports, 1) for p in self._of_clip(number, report)]
        publications += self._of_source(self._home(reports))
        plan(self.db, self.job, reports, publications)
        reached("planned")

    def plan_quarantine(self, verdict: Verdict) -> None:
        """Write down why, and commit to moving the input aside."""
        home = self.folders.quarantine / _shorter(self._file_name(), len(".txt"))
        publications = self._of_source(home)
        target = self.folders.absolute(publications[0].destination) if publications else home
        reason = target.with_name(target.name + ".txt")
        told = [
            verdict.error,
            f"What to do: {verdict.remedy}.",
            f"Job {self.job.id}, dropped as {self.job.dropped_path}.",
        ]
        reason.write_text("\n".join(told) + "\n", errors="replace")
        plan(self.db, self.job, [], publications, verdict)
        reached("planned")

    def publish(self, outcome: Outcome) -> None:
        """Put everything in place and record it. Raises OSError where a folder can't be written: repeat it later."""
        for publication in planned(self.db, self.job.id):
            if publication.kind == "source":
                self._move_source(publication)
            elif not self._put(publication):
                self._begin_anew()
                return
            reached("published")
        before = self._earlier_files()
        finish(self.db, self.job, outcome)
        reached("finished")
        self._remove_stale(before)
        shutil.rmtree(self.folders.staging(self.job.id, self.job.attempt), ignore_errors=True)
        reached("cleaned")

    def _of_clip(self, number: int, report: ClipReport) -> Iterator[Publication]:
        name = self._free_name(report)
        for kind, staged in report.outputs.items():
            destination = self.folders.outputs / f"{name}{staged.suffix}"
            yield self._file("output", staged, destination, number, kind)
        if report.categorised is not None:
            destination = self.folders.gifs / report.category / f"{name}.gif"
            yield self._file("categorised", report.categorised, destination, number, "gif")
        for side in ("input", "enhanced"):
            frames = self.folders.staging(self.job.id, self.job.attempt) / report.name / "frames" / side
            if frames.is_dir():
                destination = self.folders.frames / side / name
                yield Publication(
                    "frames_input" if side == "input" else "frames_enhanced",
                    self.folders.relative(frames),
                    self.folders.relative(destination),
                    clip_number=number,
                )

    def _file(self, kind: str, staged: Path, destination: Path, number: int, of: str) -> Publication:
        sync(staged)
        found = staged.stat()
        text = self.folders.relative(destination)
        return Publication(
            "output" if kind == "output" else "categorised",
            self.folders.relative(staged),
            text,
            digest_of(staged),
            found.st_size,
            found.st_mtime_ns,
            number,
            of,
            self._own_hash(text),
        )

    def _of_source(self, home: Path | None) -> list[Publication]:
        """The move of the input to where it belongs, unless it is there, or gone."""
        source = self.folders.absolute(self.job.path)
        if home is None or home == source or not source.exists():
            return []
        free = next(path for path in self._names(home) if not os.path.lexists(path) and not self._promised(path))
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
        """Where a restored input belongs; None where it lies well."""
        source, name = self.folders.absolute(self.job.path), self._file_name()
        if self.job.kind == "video":
            return None if source.is_relative_to(self.folders.raw_videos) else self.folders.raw_videos / name
        category = reports[0].category
        return None if self.folders.category_of(source) == category else self.folders.gifs / category / name

    def _file_name(self) -> str:
        return Path(from_text(self.job.dropped_path)).name

    def _names(self, wanted: Path) -> Iterator[Path]:
        """The wanted path, then with this job's hash, then numbered."""
        yield wanted
        suffix, mark = wanted.suffix, f"-{(self.job.hash or 'unread')[:8]}"
        stem = _shorter(wanted.name, len(mark) + 13).removesuffix(suffix)
        for number in range(1, 10_000):
            tail = mark if number == 1 else f"{mark}-{number}"
            yield wanted.with_name(stem + tail + suffix)

    def _free_name(self, report: ClipReport) -> str:
        """A stem under which every format of a clip can be published."""
        suffixes = {staged.suffix for staged in report.outputs.values()}
        for candidate in self._names(self.folders.outputs / f"{report.name}.gif"):
            name = candidate.name.removesuffix(".gif")
            wanted = [self.folders.outputs / f"{name}{suffix}" for suffix in suffixes]
            if report.categorised is not None:
                wanted.append(self.folders.gifs / report.category / f"{name}.gif")
            if all(self._is_ours_or_free(path) for path in wanted) and not self._has_frames_of_another(name, wanted):
                return name
        raise FileExistsError(f"no free name for {report.name}")

    def _is_ours_or_free(self, path: Path) -> bool:
        if self._promised(path):
            return False
        if not os.path.lexists(path):
            return True
        own = self._own_hash(self.folders.relative(path))
        return own is not None and _digest_or_none(path) == own

    def _has_frames_of_another(self, name: str, results: list[Path]) -> bool:
        """Whether a folder of single frames has that name, and no earlier result of this job had it."""
        taken = any((self.folders.frames / side / name).exists() for side in ("input", "enhanced"))
        return taken and not any(self._own_hash(self.folders.relative(path)) for path in results)

    def _promised(self, path: Path) -> bool:
        return is_planned(self.db, self.folders.relative(path))

    def _own_hash(self, path: str) -> str | None:
        """The hash of what this job published under a name before."""
        owner = owner_of_output(self.db, path)
        return owner[1] if owner is not None and owner[0] == self.job.id else None

    def _put(self, publication: Publication) -> bool:
        """Publish one staged file or folder, if it is not there yet; false where it is lost."""
        staged = self.folders.absolute(publication.staged)
        destination = self.folders.absolute(publication.destination)
        if publication.hash is None:
            if staged.is_dir():
                publish_folder(staged, destination, staged.with_name(f"{staged.name}.aside"))
            return destination.is_dir()
        present = _digest_or_none(destination)
        if present == publication.hash:
            return True
        if not staged.exists():
            return False
        try:
            publish(staged, destination, replace=present is not None and present == publication.replaces)
        except FileExistsError:
            return self._put(self._renamed(publication))
        return True

    def _begin_anew(self) -> None:
        """Somebody removed staged files: take back what is published already, and have the job done again."""
        for publication in planned(self.db, self.job.id):
            destination = self.folders.absolute(publication.destination)
            if publication.kind != "source" and publication.hash and _digest_or_none(destination) == publication.hash:
                destination.unlink()
        unplan(self.db, self.job)

    def _renamed(self, publication: Publication) -> Publication:
        wanted = self.folders.absolute(publication.destination)
        free = next(path for path in self._names(wanted) if not os.path.lexists(path) and not self._promised(path))
        return rename(self.db, publication, self.folders.relative(free))

    def _move_source(self, publication: Publication) -> None:
        """Move the input. Where it can't be moved it stays: the result matters more."""
        source, destination = self.folders.absolute(publication.staged), self.folders.absolute(publication.destination)
        try:
            if not source.exists():
                if not destination.exists():
                    stay(self.db, publication)
            elif destination.exists() and source.samefile(destination):
                source.unlink()  # a move that was cut off between its two halves
            else:
                move(source, destination)
            reached("moved")
            if source.parent == self.folders.quarantine:
                source.with_name(source.name + ".txt").unlink(missing_ok=True)
        except FileExistsError:
            self._move_source(self._renamed(publication))
        except OSError as error:
            log.warning("an input could not be moved", path=publication.staged, error=str(error))
            stay(self.db, publication)
            note(self.db, "not_moved", self.job.id, to_text(str(error)))

    def _earlier_files(self) -> dict[str, str]:
        """What this job published before, by path: hash."""
        rows = self.db.execute(
            "SELECT path, outputs.hash FROM outputs JOIN clips ON clips.id = clip_id WHERE job_id = ? AND is_latest",
            (self.job.id,),
        )
        return {row[0]: row[1] for row in rows}

    def _remove_stale(self, before: dict[str, str]) -> None:
        """Remove this job's earlier files that its new results did not replace."""
        for path in before.keys() - self._earlier_files().keys():
            file = self.folders.absolute(path)
            if _digest_or_none(file) == before[path]:
                file.unlink()


def _shorter(name: str, room: int) -> str:
    """A file's name with so many bytes left of the 255 that a name may have: its stem is cut."""
    suffix = Path(name).suffix
    return os.fsdecode(os.fsencode(name.removesuffix(suffix))[: 255 - room - len(os.fsencode(suffix))]) + suffix


def _digest_or_none(path: Path) -> str | None:
    """None where there is no regular file."""
    return digest_of(path) if path.is_file() and not path.is_symlink() else None
