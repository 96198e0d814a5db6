"""Writes a result in every format asked for: all of them, or none."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from pipeline.clips.clip import Frame
from pipeline.settings import Gif

from .apng import write_apng
from .gif.writer import write_frames
from .video.mp4 import write_mp4
from .webp import write_webp
from .written import Written

SUFFIXES = {"gif": ".gif", "webp": ".webp", "apng": ".png", "mp4": ".mp4"}


def write_outputs(
    frames: Callable[[], Iterable[Frame]],
    loop: int | None,
    folder: Path,
    stem: str,
    formats: Sequence[str],
    gif: Gif,
    audio_from: Path | None = None,
    start_ms: int = 0,
) -> dict[str, Written]:
    """Write `folder`/`stem` in each of `formats` (gif, webp, apng, mp4); `frames` is called for each.

    `audio_from` is the video whose sound an MP4 keeps, from `start_ms`. A file gets its name only when it is whole; on
    an error none is left. Raises NoSpace, and ValueError if there are no frames or their sizes differ.
    """
    written: dict[str, Written] = {}
    try:
        for kind in formats:
            path = folder / f"{stem}{SUFFIXES[kind]}"
            if kind == "gif":
                written[kind] = write_frames(frames, loop, path, gif)
            elif kind == "webp":
                written[kind] = write_webp(frames(), loop, path)
            elif kind == "apng":
                written[kind] = write_apng(frames(), loop, path)
            else:
                written[kind] = write_mp4(frames(), path, audio_from, start_ms)
    except BaseException:
        for finished in written.values():
            finished.path.unlink(missing_ok=True)
        raise
    return written
