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

ROUNDING_PX = 2  # a video's sides are rounded to even numbers


def encode(section: Section, restored: Spool, source: Path, folder: Path, settings: Settings) -> Written:
    """Write the restored frames under `folder` in every format of `settings.outputs`."""
    audio = source if section.is_video else None
    frames = lambda: iter(restored)  # noqa: E731
    return media.write_outputs(
        frames, section.loop, folder, section.name, settings.outputs, settings.gif, audio, section.start_ms
    )


def encode_source(section: Section, folder: Path, settings: Settings, comment: str) -> Path:
    """The GIF of a raw video's clip as it was before restoring, which completes the data set; `comment` lies in it."""
    into = folder / "categorised"
    into.mkdir()
    options = Gif(settings.gif.quality, settings.gif.hold, settings.gif.dither)
    path = into / f"{section.name}.gif"
    return media.gif.write_frames(section.frames, section.loop, path, options, comment).path


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
        sizes = [frame.rgb.shape[:2] for frame in read_frames(truth, settings.limits)]
    except (Unreadable, TooLarge) as error:
        return section.frames(), default, (f"scored against the {default} instead of the reference: {error}",)
    size = next(iter(section.frames())).rgb.shape[:2]
    if len(sizes) != count:
        fault = f"has {len(sizes)} frames, the clip {count}"
    elif not _is_same_shape(sizes[0], size):
        fault = f"is {sizes[0][1]}×{sizes[0][0]} px, another shape than the clip's {size[1]}×{size[0]}"
    else:
        return read_frames(truth, settings.limits), "truth", ()
    return section.frames(), default, (f"{truth.name} {fault}: scored against the {default} instead",)


def _is_same_shape(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether two sizes (height, width) have one aspect ratio, but for what rounding costs the smaller."""
    (height, width), (larger_height, larger_width) = sorted((one, other))
    scale = larger_height / height
    return abs(larger_width - width * scale) <= ROUNDING_PX * max(scale, 1.0)
