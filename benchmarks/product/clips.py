"""The files that all ways are given: GIFs of a bounded length, and where the faces are in them."""

import json
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from benchmarks import gif_clips
from pipeline import media
from pipeline.clips.clip import Clip
from pipeline.cutting.sections import Section, sections
from pipeline.faces import track
from pipeline.settings import Faces, Gif, Settings

SUFFIXES = (".gif", ".mp4")


@dataclass(frozen=True, slots=True)
class Source:
    """A GIF of `frames` frames of `width` × `height` px; `faces` has the landmarks (5, 2) of every frame's faces."""

    path: str
    frames: int
    width: int
    height: int
    fps: float
    faces: list[list[list[list[float]]]]

    @property
    def name(self) -> str:
        """Of the clip."""
        return Path(self.path).stem


def sources(given: Path | None, into: Path, most: int) -> list[Source]:
    """Of a file, or of all under a folder; without one, a generated portrait."""
    if given is None:
        frames = next(gif_clips.clips(None))[1][:most]
        return [_source(_as_clip(frames, np.full(len(frames), 40, np.int32)), into / "astronaut.gif", write=True)]
    files = [given] if given.is_file() else sorted(given.rglob("*"))
    return [_of_file(path, into, most) for path in files if path.suffix.lower() in SUFFIXES]


def _of_file(path: Path, into: Path, most: int) -> Source:
    """The file itself where it is a short GIF, else a GIF of the first frames of the first clip made of it."""
    section = sections(path, path.stem, Settings())[0]
    whole = not section.is_video and section.count <= most
    return _source(_first(section, most), path if whole else into / f"{path.stem}.gif", write=not whole)


def shortened(source: Source, into: Path, frames: int) -> Source:
    """The first frames as a file of their own."""
    section = sections(Path(source.path), source.name, Settings())[0]
    return _source(_first(section, frames), into / f"{source.name}-{frames}.gif", write=True)


def _first(section: Section, most: int) -> Clip:
    frames = list(islice(section.frames(), most))
    durations = np.array([frame.duration_ms for frame in frames], np.int32)
    return _as_clip(np.stack([frame.rgb for frame in frames]), durations)


def _as_clip(frames: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], durations_ms: np.ndarray) -> Clip:
    return Clip(frames, None, durations_ms, 0)


def _source(clip: Clip, path: Path, write: bool) -> Source:
    if write:
        media.gif.write(clip, path, Gif(quality=100))
    count, height, width = clip.frames.shape[:3]
    faces: list[list[list[list[float]]]] = [[] for _ in range(count)]
    for found in track(clip, Faces()):
        for i, points in enumerate(found.landmarks):
            faces[found.start + i].append(points.astype(float).tolist())
    fps = 1000 / max(20.0, float(clip.durations_ms.mean()))
    return Source(str(path), count, width, height, round(fps, 2), faces)


def to_json(sources: list[Source]) -> str:
    """As `from_json` reads them in another process."""
    return json.dumps([asdict(source) for source in sources])


def from_json(text: str) -> list[Source]:
    """Read what `to_json` wrote."""
    return [Source(**source) for source in json.loads(text)]
