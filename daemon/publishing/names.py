"""Finds names for results and for moved inputs: valid, short enough, and not used by anything else."""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from daemon.catalogue.frame_folders import owner_of_frames
from daemon.catalogue.publications import is_planned
from daemon.catalogue.results import owner_of_output
from daemon.digests import digest_or_none
from daemon.folders import Folders, from_text, readable
from daemon.jobs import Job
from pipeline.report import ClipReport

_LONGEST = 200  # bytes of a stem; a name of 255 then has room for `-<hash8>`, a clip's number and a suffix


def clip_name(job: Job) -> str:
    """Return the stem of a job's clips: valid UTF-8, and short enough for additions."""
    return readable(from_text(job.name)).encode()[:_LONGEST].decode(errors="ignore") or "clip"


@dataclass(frozen=True, slots=True)
class Names:
    """The names that one job may take."""

    db: sqlite3.Connection
    folders: Folders
    job: Job

    @property
    def file_name(self) -> str:
        """The name under which the input was dropped."""
        return Path(from_text(self.job.dropped_path)).name

    def own_hash(self, path: str) -> str | None:
        """Return the hash of what this job published at a path before, None if nothing."""
        owner = owner_of_output(self.db, path)
        return owner[1] if owner is not None and owner[0] == self.job.id else None

    def free(self, wanted: Path) -> Path:
        """Return the first name like the wanted one that is neither in use nor planned."""
        return next(path for path in self._like(wanted) if not os.path.lexists(path) and not self._is_planned(path))

    def free_stem(self, report: ClipReport) -> str:
        """Return a stem under which every format of a clip can be published."""
        suffixes = {staged.suffix for staged in report.outputs.values()}
        for name in self._stems_like(report.name):
            wanted = [self.folders.outputs / f"{name}{suffix}" for suffix in suffixes]
            if report.categorised is not None:
                wanted.append(self.folders.gifs / report.category / f"{name}.gif")
            if all(self._is_own_or_free(path) for path in wanted):
                return name
        raise FileExistsError(f"no free name for {report.name}")

    def free_frames(self, stem: str) -> str:
        """Return a name like the stem of a clip's results under which its frames can be published."""
        for name in self._stems_like(stem):
            if all(self._is_free_for_frames(self.folders.frames / side / name) for side in ("input", "enhanced")):
                return name
        raise FileExistsError(f"no free name for the frames of {stem}")

    def _like(self, wanted: Path) -> Iterator[Path]:
        """Yield the wanted path, then variants with this job's hash, the later ones numbered."""
        yield wanted
        suffix, hash_mark = wanted.suffix, f"-{(self.job.hash or 'unread')[:8]}"
        stem = shorter(wanted.name, len(hash_mark) + 13).removesuffix(suffix)
        for number in range(1, 10_000):
            tail = hash_mark if number == 1 else f"{hash_mark}-{number}"
            yield wanted.with_name(stem + tail + suffix)

    def _stems_like(self, stem: str) -> Iterator[str]:
        for path in self._like(self.folders.outputs / f"{stem}.gif"):
            yield path.name.removesuffix(".gif")

    def _is_own_or_free(self, path: Path) -> bool:
        if self._is_planned(path):
            return False
        if not os.path.lexists(path):
            return True
        own = self.own_hash(self.folders.relative(path))
        return own is not None and digest_or_none(path) == own

    def _is_free_for_frames(self, folder: Path) -> bool:
        is_own = owner_of_frames(self.db, self.folders.relative(folder)) == self.job.id
        return (is_own or not os.path.lexists(folder)) and not self._is_planned(folder)

    def _is_planned(self, path: Path) -> bool:
        return is_planned(self.db, self.folders.relative(path))


def shorter(name: str, room: int) -> str:
    """Shorten the stem of a file name so that `room` bytes remain of the 255 that a name may have."""
    suffix = Path(name).suffix
    return os.fsdecode(os.fsencode(name.removesuffix(suffix))[: 255 - room - len(os.fsencode(suffix))]) + suffix
