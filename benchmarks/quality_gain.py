"""What restoring gains: damaged clips through the whole product, as GIFs, scored against the clean ones.

Everything is scored at the clean clip's size: the output, twice as large, is brought down by area average, and so is
bicubic enlargement.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.clips.clip import Clip
from pipeline.media import gif
from pipeline.report import Scores
from pipeline.scoring.scores import evaluate
from pipeline.settings import Settings
from training.degrade import Downsample, ErrorDiffusion, GaussianBlur, GaussianNoise, Jpeg, MotionBlur, Recipe, degrade

RECIPES: dict[str, Recipe] = {
    "blur 1.2 px": (GaussianBlur(1.2),),
    "blur 2.5 px": (GaussianBlur(2.5),),
    "motion 7 px": (MotionBlur(7, 40),),
    "noise 7": (GaussianNoise(7),),
    "noise 20": (GaussianNoise(20),),
    "JPEG 30": (Jpeg(30),),
    "24 colours": (ErrorDiffusion(24),),
    "enlarged 2": (Downsample(2),),
    "enlarged 4": (Downsample(4),),
    "blur and noise": (GaussianBlur(1.2), GaussianNoise(8)),
}
MEASURED = ("psnr_db", "ssim", "gmsd", "tmse_output", "sharpness_output")
NAMES = ("psnr_db", "ssim", "gmsd", "tmse", "sharpness")


@dataclass(frozen=True, slots=True)
class Gain:
    """One clip under one recipe: its damaged, enlarged and restored version against the clean one.

    `sharpness` is the clean clip's own.
    """

    clip: str
    recipe: str
    restorer: str
    damaged: Scores
    bicubic: Scores
    restored: Scores
    sharpness: float


def gains(clips: Sequence[tuple[str, Clip]], most: int) -> list[Gain]:
    """Restore `most` of the clips, spread over them, under each recipe; print each as it is done."""
    places = np.unique(np.linspace(0, len(clips) - 1, most).round().astype(int)) if most else ()
    found = []
    for recipe in RECIPES:
        for place in places:
            name, clean = clips[place]
            found.append(_gain(name, clean, recipe))
            print(_line(found[-1]), flush=True)
    return found


def summary(found: Sequence[Gain]) -> dict[str, dict[str, dict[str, float]]]:
    """Return by recipe, and for all, the mean of output less input and of output less bicubic.

    Sharpness is the share of the clean clip's by which the restored clip is nearer to it.
    """
    named = {recipe: [g for g in found if g.recipe == recipe] for recipe in RECIPES} | {"all": list(found)}
    return {
        name: {"over_input": _mean(group, "damaged"), "over_bicubic": _mean(group, "bicubic")}
        for name, group in named.items()
        if group
    }


def _mean(group: Sequence[Gain], against: str) -> dict[str, float]:
    rows = [_less(gain, getattr(gain, against)) for gain in group]
    return {name: round(float(np.mean([row[name] for row in rows if name in row])), 6) for name in rows[0]}


def _less(gain: Gain, other: Scores) -> dict[str, float]:
    less = {}
    for name, measured in zip(NAMES, MEASURED, strict=True):
        mine, its = getattr(gain.restored, measured), getattr(other, measured)
        if name == "sharpness":
            less[name] = (abs(its - gain.sharpness) - abs(mine - gain.sharpness)) / gain.sharpness
        elif mine is not None and its is not None:
            less[name] = mine - its
    return less


def _gain(name: str, clean: Clip, recipe: str) -> Gain:
    with tempfile.TemporaryDirectory() as folder:
        source, output, restorer = _restored(degrade(clean, RECIPES[recipe], 1), Path(folder))
    doubled = [cv2.resize(f, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for f in source.frames]
    bicubic = _fitted(Clip(np.stack(doubled), None, source.durations_ms), clean)
    made = (source, bicubic, _fitted(output, clean))
    damaged, plain, restored = (evaluate(clean, source, clip, "truth") for clip in made)
    truth = evaluate(clean, clean, clean, "truth").sharpness_output
    return Gain(name, recipe, restorer, damaged, plain, restored, truth)


def _fitted(clip: Clip, to: Clip) -> Clip:
    height, width = to.frames.shape[1:3]
    frames = [cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA) for frame in clip.frames]
    return Clip(np.stack(frames), None, clip.durations_ms)


def _restored(damaged: Clip, folder: Path) -> tuple[Clip, Clip, str]:
    """Write the damaged clip as a GIF and restore it; return both as decoded from their files, and the restorer."""
    from pipeline.run import restore_file

    given, into = folder / "damaged.gif", folder / "out"
    into.mkdir()
    gif.write(damaged, given)
    report = restore_file(given, into, Settings())[0]
    return gif.read(given), gif.read(report.outputs["gif"]), report.restorer


def _line(gain: Gain) -> str:
    told = [f"{gain.recipe:<15} {gain.clip[:24]:<24} {gain.restorer:<8}"]
    for name, form in zip(MEASURED, ("{:.2f}", "{:.3f}", "{:.4f}", "{:.2e}", "{:.1f}"), strict=True):
        values = [getattr(scores, name) for scores in (gain.damaged, gain.bicubic, gain.restored)]
        told.append("/".join("–" if value is None else form.format(value) for value in values))
    return " | ".join([*told, f"{gain.sharpness:.1f}"])
