"""How well damage is measured and how much restoration gains, on clips damaged in known ways.

    python -m benchmarks.quality [--clips DIR] [--restore N] [--plots DIR]

Every third clip is damaged and then written and read as a GIF, since GIFs are what comes in. Prints the categoriser's
confusion matrix, how often each damage was told by its size, the errors of σ and of the edge spread, and for N clips
a recipe (0 skips them) what the whole product gains over the damaged input and over bicubic enlargement. The last
line is one JSON object.
"""

import argparse
import json
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.quality_content import Case, clean_clips, evaluation
from benchmarks.quality_gain import gains, summary
from benchmarks.quality_tried import Tried
from pipeline.clips.clip import Clip
from pipeline.measuring import measure
from pipeline.media import gif
from training.degrade import degrade, difference_rms_8bit

VISIBLE_8BIT = 3.0
GIF_EVERY = 3
CATEGORIES = ("clean", "blurry", "noisy", "low_res")


def tried(clips: Sequence[tuple[str, Clip]], cases: Sequence[Case], gif_every: int = 0) -> Iterator[Tried]:
    """Damage every clip by every case and measure it, each `gif_every`th clip as a GIF.

    What is not visible is left out. So is a clip as a GIF that 256 colours change visibly by themselves.
    """
    for number, (name, clip) in enumerate(clips, 1):
        as_gif = bool(gif_every) and number % gif_every == 0
        given = _as_gif(clip) if as_gif else clip
        if as_gif and difference_rms_8bit(clip, given) >= VISIBLE_8BIT:
            as_gif, given = False, clip
        clean = measure(given)
        for seed, case in enumerate(cases):
            damaged = degrade(clip, case.damages, seed)
            rms = difference_rms_8bit(clip, damaged)
            if not case.damages or rms >= VISIBLE_8BIT:
                yield Tried(name, as_gif, case, rms, clean, measure(_as_gif(damaged) if as_gif else damaged))


def _as_gif(clip: Clip) -> Clip:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.gif"
        gif.write(clip, path)
        return gif.read(path)


def sigma_error(t: Tried) -> float | None:
    """Return the relative error of the noise σ."""
    return _relative_error(t.found.noise_sigma_8bit, t.sigma_truth)


def edge_error(t: Tried) -> float | None:
    """Return the relative error of the edge spread."""
    return _relative_error(t.found.edge_spread_px, t.edge_truth)


def _relative_error(found: float | None, truth: float | None) -> float | None:
    return None if found is None or truth is None else abs(found / truth - 1.0)


def print_confusion(all_tried: Sequence[Tried]) -> None:
    """Print the confusion matrix, every miss, and for each damage how often it was told."""
    counted: Counter[tuple[str, str]] = Counter((t.case.category, t.found.category) for t in all_tried)
    print(f"{'truth':>9} | " + " ".join(f"{c:>8}" for c in CATEGORIES))
    for truth in CATEGORIES:
        print(f"{truth:>9} | " + " ".join(f"{counted[truth, found]:8d}" for found in CATEGORIES))
    for t in all_tried:
        if not t.right:
            severities = {name: round(value, 2) for name, value in t.found.severity.items()}
            print(f"  {t.clip}{' as a GIF' if t.as_gif else ''}: {t.case.category} {t.case.name}", end=" ")
            print(f"(RMS {t.rms_8bit:.1f}) read as {t.found.category}, {severities},", end=" ")
            print(f"confidence {t.found.confidence:.2f}")
    told = defaultdict(list)
    for t in all_tried:
        told[t.case.category, t.case.name].append(t.right)
    for (category, name), right in told.items():
        print(f"{category:>9} {name:<14} {sum(right)}/{len(right)}")


def share(right: Sequence[bool]) -> float | None:
    """Return the share of what is right, None of nothing."""
    return round(float(np.mean(right)), 4) if right else None


def errors(name: str, found: Sequence[float | None], bound: float) -> dict[str, float | None]:
    """Return the median of the errors that are known, and the share of them up to `bound`."""
    known = [error for error in found if error is not None]
    within = share([error <= bound for error in known])
    return {name: round(float(np.median(known)), 4) if known else None, f"{name}_within_{bound:.0%}": within}


def measured(results: Sequence[Tried]) -> dict[str, float | None]:
    """Return the figures of the categories and of the measures."""
    damaged = [t for t in results if t.case.damages]
    return {
        "category_accuracy": share([t.right for t in damaged]),
        "category_accuracy_of_gifs": share([t.right for t in damaged if t.as_gif]),
        "category_accuracy_of_others": share([t.right for t in damaged if not t.as_gif]),
        "clean_accuracy": share([t.right for t in results if not t.case.damages]),
        "damaged_clips": len(damaged),
        **errors("noise_sigma_error", [sigma_error(t) for t in results], 0.10),
        **errors("edge_spread_error", [edge_error(t) for t in results], 0.15),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, help="a folder of clean photographs, GIFs or videos")
    parser.add_argument("--restore", type=int, default=2, help="clips a recipe that are restored")
    parser.add_argument("--plots", type=Path, help="a folder for the plots")
    chosen = parser.parse_args()
    clips = list(clean_clips(chosen.clips))
    results = list(tried(clips, evaluation(), GIF_EVERY))
    print_confusion(results)
    print("PSNR dB, SSIM, GMSD, T-MSE, sharpness: of the damaged clip / bicubic / restored; the clean clip's sharpness")
    restored = gains(clips, chosen.restore)
    if chosen.plots:
        from benchmarks.quality_plots import draw_gains, draw_measures

        draw_measures(results, chosen.plots)
        draw_gains(restored, chosen.plots)
    print(json.dumps({**measured(results), "gains": summary(restored)}))


if __name__ == "__main__":
    main()
