"""Chooses the sections of a file that become clips: all of a GIF; of a raw video some shots, those with faces first."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from pipeline.clips import shots
from pipeline.clips.clip import Frame, Shot
from pipeline.faces import detect
from pipeline.media import open_media, video
from pipeline.settings import Limits, Settings, Video

FACE_EVERY = 12  # frames from one search for faces to the next
SHORTEST_MS = 300  # a shorter shot is left out, unless there is no other


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a file that becomes one clip; each call of `frames()` reads it again.

    Once the section has been read to its end, `warnings` says what was wrong with it.
    """

    name: str
    start_ms: int
    frames: Callable[[], Iterable[Frame]]
    count: int
    width: int
    height: int
    loop: int | None
    is_video: bool
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Scan:
    """A sampled video without its pictures.

    `starts_ms` has the unrounded start of each frame and the end of the last (T + 1). `faces` says for each frame (T)
    whether the last search found a face.
    """

    starts_ms: list[float]
    shots: list[Shot]
    faces: list[bool]


def sections(source: Path, name: str, settings: Settings) -> list[Section]:
    """Return the sections of a file that become clips. Raises what `open_media` raises."""
    with open_media(source, settings.limits) as reader:
        if isinstance(reader, video.VideoReader):
            return _video_sections(reader, source, name, settings)
        info = reader.info
        count = info.frames if info.frames is not None else sum(1 for _ in reader)
    warnings = list[str]()
    frames = lambda: read_frames(source, settings.limits, warnings)  # noqa: E731
    return [Section(name, 0, frames, count, info.width, info.height, info.loop, False, warnings)]


def choose(scan: Scan, video: Video) -> list[Shot]:
    """Choose at most `max_clips` pieces, those with the most faces first; return them in order of time."""
    pieces = [piece for shot in scan.shots for piece in _pieces(scan, shot, video.max_clip_seconds * 1000)]
    long_enough = [p for p in pieces if _length_ms(scan, p) >= SHORTEST_MS]
    faces_first = sorted(long_enough or pieces[:1], key=lambda p: (-np.mean(scan.faces[p.start : p.stop]), p.start))
    return sorted(faces_first[: video.max_clips], key=lambda p: p.start)


def _pieces(scan: Scan, shot: Shot, longest_ms: float) -> list[Shot]:
    """Cut a shot into equally long pieces of at most about `longest_ms`, each starting with the nearest frame."""
    count = max(1, int(np.ceil(_length_ms(scan, shot) / longest_ms)))
    starts = np.array(scan.starts_ms[shot.start : shot.stop + 1])
    edges = np.linspace(starts[0], starts[-1], count + 1)
    nearest = np.searchsorted((starts[:-1] + starts[1:]) / 2, edges)
    return [Shot(shot.start + int(a), shot.start + int(b)) for a, b in pairwise(np.unique(nearest))]


def _length_ms(scan: Scan, shot: Shot) -> int:
    return round(scan.starts_ms[shot.stop] - scan.starts_ms[shot.start])


def read_frames(source: Path, limits: Limits, warnings: list[str] | None = None) -> Iterator[Frame]:
    """Yield the frames of a file; at its end, write into `warnings` what was wrong with it."""
    with open_media(source, limits) as reader:
        yield from reader
        if warnings is not None:
            warnings[:] = reader.warnings


def _video_sections(reader: video.VideoReader, source: Path, name: str, settings: Settings) -> list[Section]:
    scan, width, height = _scan(reader, settings)
    pieces = choose(scan, settings.video)
    names = [name] if len(pieces) == 1 else [f"{name}-{i:02d}" for i in range(1, len(pieces) + 1)]

    def section(clip_name: str, piece: Shot) -> Section:
        start, stop = scan.starts_ms[piece.start], scan.starts_ms[piece.stop]
        warnings = list[str]()

        def frames() -> Iterable[Frame]:
            return video.sample(source, settings.limits, settings.video, start, stop, warnings)

        return Section(clip_name, round(start), frames, piece.stop - piece.start, width, height, 0, True, warnings)

    return [section(clip_name, piece) for clip_name, piece in zip(names, pieces, strict=True)]


def _scan(reader: video.VideoReader, settings: Settings) -> tuple[Scan, int, int]:
    """Scan the sampled video in one pass; return the scan and its frames' width and height."""
    starts, faces = [0.0], list[bool]()
    find_faces, shape = detect.yunet(settings.faces), [0, 0]

    def signatures() -> Iterator[shots.Signature]:
        for i, (frame, until_ms) in enumerate(reader.sample(settings.video)):
            starts.append(until_ms)
            shape[:] = frame.rgb.shape[:2]
            faces.append(bool(find_faces(frame.rgb)) if i % FACE_EVERY == 0 else faces[-1])
            yield shots.signature(frame.rgb)

    video_shots = shots.shots_of(signatures())
    return Scan(starts, video_shots, faces), shape[1], shape[0]
