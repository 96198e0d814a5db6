"""What restoring gains: damaged clips through the whole product, scored against the clean ones."""

import tempfile
from pathlib import Path

import cv2
import numpy as np

from pipeline.clip import Clip
from pipeline.degrade import Damage, Downsample, GaussianBlur, GaussianNoise, degrade
from pipeline.media import gif
from pipeline.metrics import evaluate
from pipeline.report import Scores
from pipeline.settings import Settings

DAMAGES: dict[str, tuple[Damage, ...]] = {
    "blurry": (GaussianBlur(1.8),),
    "noisy": (GaussianNoise(12),),
    "low_res": (Downsample(2.5),),
}
MEASURED = ("psnr_db", "ssim", "gmsd", "tmse_output", "sharpness_output")


def gains(clips: list[tuple[str, Clip]], most: int) -> dict[str, dict[str, dict[str, float]]]:
    """Restore `most` clips of each category; return output less input and output less bicubic, as means."""
    return {
        category: _mean([_gain(clip, damage) for _, clip in clips[:most]])
        for category, damage in DAMAGES.items()
        if most
    }


def _gain(clean: Clip, damages: tuple[Damage, ...]) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory() as folder:
        source, output = _restored(degrade(clean, damages, 1), Path(folder))
    doubled = [cv2.resize(f, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for f in source.frames]
    bicubic = Clip(np.stack(doubled), None, source.durations_ms)
    ours, theirs = evaluate(clean, source, output, "truth"), evaluate(clean, source, bicubic, "truth")
    untouched = evaluate(clean, source, source, "truth")
    found = {"over_input": _less(ours, untouched), "over_bicubic": _less(ours, theirs)}
    print({name: {m: f"{v:.4g}" for m, v in part.items()} for name, part in found.items()})
    return found


def _restored(damaged: Clip, folder: Path) -> tuple[Clip, Clip]:
    """Write the damaged clip as a GIF and restore it; return both as decoded from their files."""
    from pipeline.run import restore_file

    given, into = folder / "damaged.gif", folder / "out"
    into.mkdir()
    gif.write(damaged, given)
    reports = restore_file(given, into, Settings(restorer="classic"))  # `compact` learnt from these wallpapers
    return gif.read(given), gif.read(reports[0].outputs["gif"])


def _less(ours: Scores, theirs: Scores) -> dict[str, float]:
    pairs = {name: (getattr(ours, name), getattr(theirs, name)) for name in MEASURED}
    return {
        name: float(mine - other) for name, (mine, other) in pairs.items() if mine is not None and other is not None
    }


def _mean(found: list[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        against: {name: round(float(np.mean([f[against][name] for f in found])), 6) for name in found[0][against]}
        for against in ("over_input", "over_bicubic")
    }
