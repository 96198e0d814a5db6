"""Encodes a clip's results, and scores them after reading them back."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from pipeline import media
from pipeline.clips.clip import Frame
from pipeline.clips.spool import Spool
from pipeline.cutting.sections import Section, read_frames
from pipeline.errors import TooLarge, Unreadable
from pipeline.report import Reference, Scores
from pipeline.scoring import scores as metrics
from pipeline.settings import Gif, Settings

Written = dict[str, media.Written]


def encode(section: Section, restored: Spool, source: Path, folder: Path, settings: Settings) -> Written:
    """Write the restored frames under `folder` in every format of `settings.outputs`."""
    audio = source if section.is_video else None
    frames = lambda: iter(restored)  # noqa: E731
    return media.write_outputs(
        frames, section.loop, folder, section.name, settings.outputs, settings.gif, audio, section.start_ms
    )


def encode_source(section: Section, folder: Path, settings: Settings) -> Path:
    """Write a raw video's clip as a GIF before restoring, to be filed by category; return its path."""
    into = folder / "categorised"
    into.mkdir()
    options = Gif(settings.gif.quality, settings.gif.hold, settings.gif.dither)
    return media.write_outputs(section.frames, section.loop, into, section.name, ("gif",), options)["gif"].path


def evaluate(
    section: Section, written: Written, count: int, truth: Path | None, settings: Settings
) -> tuple[Scores, tuple[str, ...]]:
    """Score the decoded output of `count` restored frames; also return warnings, if `truth` could not be used."""
    scored = written.get("gif") or next(iter(written.values()))
    reference, kind, warnings = _reference(section, truth, count, settings)
    output = read_frames(scored.path, media.UNLIMITED)
    expected, source = (islice(frames, 0, None, scored.every) for frames in (reference, section.frames()))
    return metrics.evaluate(expected, source, output, kind, scored.palette_psnr_db), warnings


def encoder_notes(written: Written) -> list[str]:
    """Return what the encoders changed to keep to the settings."""
    return [note for w in written.values() for note in w.notes]


def _reference(
    section: Section, truth: Path | None, count: int, settings: Settings
) -> tuple[Iterable[Frame], Reference, tuple[str, ...]]:
    default: Reference = "source" if section.is_video else "input"
    if truth is None:
        return section.frames(), default, ()
    try:
        frames = sum(1 for _ in read_frames(truth, settings.limits))
    except (Unreadable, TooLarge) as error:
        return section.frames(), default, (f"scored against the {default} instead of the reference: {error}",)
    if frames == count:
        return read_frames(truth, settings.limits), "truth", ()
    warning = f"{truth.name} has {frames} frames, the clip {count}: scored against the {default} instead"
    return section.frames(), default, (warning,)
