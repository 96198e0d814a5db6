"""What must be true in the end: each file one finished job, each expected result once and whole, nothing left over."""

import contextlib
import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import MappingProxyType

from daemon.catalogue import open_for_reading
from daemon.folders import CATEGORIES, Folders

FORMATS = 2  # that `stand_in` has each clip written in


@dataclass(frozen=True, slots=True)
class Dropped:
    """A file and its words; `clips` of a video, 1 for a GIF."""

    path: str
    text: str
    clips: int = 1

    @property
    def hash(self) -> str:
        """As the ledger has it."""
        return hashlib.blake2b(self.text.encode(), digest_size=32).hexdigest()


def some_files(count: int, chance: Random, words: str = "") -> list[Dropped]:
    """GIFs, GIFs whose category is overruled, and videos of one to three clips."""
    return [some_file(f"f{i:03}", chance, words) for i in range(count)]


def some_file(name: str, chance: Random, words: str = "") -> Dropped:
    """One of them."""
    text = f"category={chance.choice(CATEGORIES)} {words} {name}"
    kind = chance.choice(["gif", "gif", "gif", "overruled", "video"])
    if kind == "video":
        clips = chance.randint(1, 3)
        return Dropped(f"raw_videos/{name}.mp4", f"clips={clips} {text}", clips)
    folder = "gifs" if kind == "gif" else f"gifs/{chance.choice(CATEGORIES)}"
    return Dropped(f"{folder}/{name}.gif", text)


def faults_of(
    root: Path,
    files: Iterable[Dropped],
    others: frozenset[str] = frozenset(),
    copies: Mapping[str, int] = MappingProxyType({}),
) -> list[str]:
    """What is wrong with the end state; `others` are texts that may have come out, or not, and `copies` counts further
    files of a text."""
    folders, files = Folders(root), list(files)
    outputs = Counter(_told(folders.outputs.iterdir(), b"restored:"))
    filed = Counter(_told(folders.gifs.rglob("*.gif"), b"categorised:"))
    frames = Counter(_told(folders.frames.rglob("*.png"), b""))
    inputs = Counter(_told((f for folder in folders.watched for f in folder.rglob("*")), b""))
    found = []
    for file in files:
        counts = (outputs[file.text], filed[file.text], frames[file.text], inputs[file.text])
        video = file.path.endswith(".mp4")
        wanted = (FORMATS * file.clips, file.clips * video, 2 * file.clips, 1 + copies.get(file.text, 0))
        if counts != wanted:
            found.append(f"{file.path}: outputs, filed clips, frames, inputs are {counts}, not {wanted}")
    strange = outputs.keys() - {file.text for file in files} - others
    found += [f"an output of {text!r}, which nobody dropped whole" for text in strange]
    with contextlib.closing(open_for_reading(folders.catalogue)) as db:
        found += _faults_of_rows(db, folders, files)
    left = [*folders.work.iterdir(), *root.rglob("*.tmp")]
    return found + [f"{path} is left over" for path in left]


def _told(paths: Iterable[Path], prefix: bytes) -> Iterable[str]:
    """The texts of the files that begin with the prefix: what follows the clip's name, or all of it."""
    for path in paths:
        content = path.read_bytes() if path.is_file() else b""
        if not prefix and content:
            yield content.decode()
        elif prefix and content.startswith(prefix):
            yield content.removeprefix(prefix).partition(b":")[2].decode()


def _faults_of_rows(db: sqlite3.Connection, folders: Folders, files: list[Dropped]) -> list[str]:
    found = [f"integrity: {row[0]}" for row in db.execute("PRAGMA integrity_check") if row[0] != "ok"]
    done = Counter(row[0] for row in db.execute("SELECT hash FROM jobs WHERE state = 'done'"))
    found += [f"{file.path} has {done[file.hash]} finished jobs" for file in files if done[file.hash] != 1]
    found += [f"{count} finished jobs of content {content}" for content, count in done.items() if count > 1]
    recorded = {row[0]: row[1] for row in db.execute("SELECT path, bytes FROM outputs")}
    sizes = {folders.relative(file): file.stat().st_size for file in folders.outputs.iterdir()}
    if {path: size for path, size in recorded.items() if not path.startswith("gifs/")} != sizes:
        found.append("the outputs are not those that the catalogue names, or not as large")
    unended = "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'publishing')"
    for query, what in [(unended, "jobs have not ended"), ("SELECT count(*) FROM publications", "publications wait")]:
        if count := db.execute(query).fetchone()[0]:
            found.append(f"{count} {what}")
    return found
