"""The tables of a report, for the terminal and the page alike."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import get_args

from daemon.catalogue.overview import Overview
from daemon.commands.status import ORDER, duration
from pipeline.report import Reference, Scores

Value = Callable[[Scores], float | None]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; the first `names` columns are names, the others figures."""

    title: str
    about: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    names: int = 1


def jobs(overview: Overview) -> Table:
    """Dropped files by state."""
    states = sorted(overview.states, key=ORDER.index)
    rows = [(state, str(overview.states[state])) for state in states]
    return Table("Files", "What was dropped, by what became of it.", ("state", "files"), rows)


def clips(overview: Overview) -> Table:
    """Clips by category."""
    rows = [
        (t.category, str(t.clips), str(t.frames), str(t.faces), str(t.fallbacks), duration(t.seconds))
        for t in overview.totals
    ]
    columns = ("category", "clips", "frames", "faces", "by fall-back", "worked")
    return Table("Clips", "Each as it is now, under the category it was filed as.", columns, rows)


def fidelity(overview: Overview) -> Table:
    """PSNR, SSIM and GMSD by category, and by what they were taken against."""
    rows = []
    for reference in get_args(Reference):
        for category, scores in overview.scores.items():
            chosen = [score for score in scores if score.reference == reference]
            if chosen:
                figures = (
                    _spread(chosen, lambda s: s.psnr_db, "{:.1f}"),
                    _spread(chosen, lambda s: s.ssim, "{:.3f}"),
                    _spread(chosen, lambda s: s.gmsd, "{:.3f}"),
                )
                rows.append((reference, category, str(len(chosen)), *figures))
    about = (
        "Median, and the middle half of the clips in brackets. Compare no rows of different references: against the "
        "damaged input a good restoration scores low."
    )
    return Table("Scores", about, ("against", "category", "clips", "PSNR dB", "SSIM", "GMSD"), rows, names=2)


def flicker(overview: Overview) -> Table:
    """T-MSE before and after, with sharpness beside it."""
    rows = []
    for category, scores in overview.scores.items():
        moving = [s for s in scores if s.tmse_input is not None and s.tmse_output is not None]
        steadier = sum((s.tmse_output or 0) <= (s.tmse_input or 0) for s in moving)
        figures = (
            _spread(moving, lambda s: _millionths(s.tmse_input), "{:.3g}"),
            _spread(moving, lambda s: _millionths(s.tmse_output), "{:.3g}"),
            f"{steadier / len(moving):.0%}" if moving else "–",
            _spread(scores, lambda s: s.sharpness_output / s.sharpness_input if s.sharpness_input else None, "{:.2f}"),
        )
        rows.append((category, str(len(moving)), *figures))
    about = (
        "T-MSE in millionths, the warping error between a frame and the one before it: less is steadier. Blurring "
        "lowers it too, so sharpness stands beside it, as a share of the input's. Median, and the middle half in "
        "brackets."
    )
    return Table("Flicker", about, ("category", "clips", "before, 1e-6", "after, 1e-6", "steadier", "sharpness"), rows)


def failures(overview: Overview) -> Table:
    """What failed, by kind, with the newest of each."""
    rows = [(f.kind, f"{f.name}: {f.error}", f.remedy, str(f.jobs)) for f in overview.failures]
    columns = ("kind", "newest", "remedy", "files")
    return Table("Failures", "By kind of error, the newest of each told in full.", columns, rows, names=3)


def _millionths(value: float | None) -> float | None:
    return None if value is None else value * 1e6


def _spread(scores: Iterable[Scores], value: Value, form: str) -> str:
    values = [v for v in map(value, scores) if v is not None and math.isfinite(v)]
    if len(values) < 2:
        return form.format(values[0]) if values else "–"
    low, middle, high = (form.format(v) for v in quantiles(values, n=4, method="inclusive"))
    return f"{middle} ({low}–{high})"
