"""The data root: what each folder is for, and how the catalogue writes paths."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pipeline.report import Category

CATEGORIES: tuple[Category, ...] = get_args(Category)

# The catalogue's text is UTF-8, file names need not be. A byte that is not valid UTF-8 is written as a private-use
# character. So that the way back is unique, a name's own characters from that range are written byte by byte too.
_OF_BYTE = {0xDC00 + byte: 0xF700 + byte for byte in range(0x80, 0x100)}
_TO_TEXT = _OF_BYTE | {own: "".join(chr(0xF700 + byte) for byte in chr(own).encode()) for own in _OF_BYTE.values()}
_CONTROL = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069]")
_TO_NAME = {text: name for name, text in _OF_BYTE.items()}


def to_text(path: str) -> str:
    """Return a path as the catalogue writes it: any bytes become valid UTF-8."""
    return path if path.isascii() else path.translate(_TO_TEXT)


def from_text(text: str) -> str:
    """Return the path that `to_text` turned into `text`."""
    return text if text.isascii() else os.fsdecode(os.fsencode(text.translate(_TO_NAME)))


def readable(name: str) -> str:
    """Return a name, or a text with names in it, as valid UTF-8 for people: a byte that is not valid becomes %XX."""
    return re.sub("[\uf780-\uf7ff]", lambda byte: f"%{ord(byte[0]) - 0xF700:02X}", to_text(name))


def shown(name: str) -> str:
    """A name, or a line with names in it, for a terminal: `readable`, with control characters as \\x1b, \\n, \\u202e.

    Else a file's name could clear the screen, forge a line, or turn the reading direction.
    """
    return _CONTROL.sub(lambda character: character[0].encode("unicode_escape").decode(), readable(name))


def shown_lines(text: str) -> str:
    """A text of several lines, each `shown`."""
    return "\n".join(map(shown, text.split("\n")))


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders under one data root; `root` is absolute."""

    root: Path

    @property
    def raw_videos(self) -> Path:
        """Where videos are dropped, and stay."""
        return self.root / "raw_videos"

    @property
    def gifs(self) -> Path:
        """Where GIFs are dropped, and filed by category."""
        return self.root / "gifs"

    @property
    def watched(self) -> tuple[Path, Path]:
        """The folders whose files are inputs."""
        return self.gifs, self.raw_videos

    @property
    def categories(self) -> tuple[Path, ...]:
        """Where GIFs are filed."""
        return tuple(self.gifs / category for category in CATEGORIES)

    @property
    def outputs(self) -> Path:
        """Where results are published."""
        return self.root / "output_gifs"

    @property
    def frames(self) -> Path:
        """Where single frames are published, under `input/` and `enhanced/`."""
        return self.root / "frames"

    @property
    def reference(self) -> Path:
        """Where undamaged originals lie, under the stem of their input."""
        return self.root / "reference"

    @property
    def quarantine(self) -> Path:
        """Where inputs that can't be restored are moved."""
        return self.root / "quarantine"

    @property
    def work(self) -> Path:
        """Staging: one folder for each attempt, on the same file system as the results."""
        return self.root / ".work"

    @property
    def catalogue(self) -> Path:
        """The catalogue's file."""
        return self.root / "catalogue.sqlite3"

    @property
    def lock(self) -> Path:
        """The file that the one daemon of this data root locks."""
        return self.root / ".gifrestored.lock"

    def staging(self, job: int, attempt: int) -> Path:
        """Return the folder that one attempt at one job writes into."""
        return self.work / f"{job}-{attempt}"

    def make(self) -> None:
        """Create the missing folders."""
        frames = (self.frames / "input", self.frames / "enhanced")
        for folder in (
            *self.watched,
            *self.categories,
            *frames,
            self.outputs,
            self.reference,
            self.quarantine,
            self.work,
        ):
            folder.mkdir(parents=True, exist_ok=True)

    def relative(self, path: Path) -> str:
        """Return the catalogue's text for a path under the root."""
        return to_text(os.path.relpath(path, self.root))

    def absolute(self, text: str) -> Path:
        """Return the path that the catalogue's text names."""
        return self.root / from_text(text)

    def category_of(self, path: Path) -> Category | None:
        """Return the category whose folder a path lies in, or None."""
        for category in CATEGORIES:
            if path.is_relative_to(self.gifs / category):
                return category
        return None
