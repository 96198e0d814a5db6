"""The tables of a report, which the terminal and the page share."""

from collections.abc import Sequence
from dataclasses import dataclass

from daemon.catalogue.reading.overview import Overview
from daemon.catalogue.reading.spread import Spread
from daemon.commands.status import duration
from daemon.folders import from_text, shown
from daemon.jobs import STATES


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as text; the first `names` columns hold names, the others figures."""

    title: str
    about: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    names: int = 1


def jobs(overview: Overview) -> Table:
    """Dropped files by state."""
    rows = [(state, str(overview.states[state])) for state in STATES if state in overview.states]
    return Table("Files", "Dropped files by their state.", ("state", "files"), rows)


def clips(overview: Overview) -> Table:
    """Clips by category."""
    rows = [
        (t.category, str(t.clips), str(t.frames), str(t.faces), str(t.fallbacks), duration(t.seconds))
        for t in overview.totals
    ]
    columns = ("category", "clips", "frames", "faces", "by fall-back", "worked")
    return Table("Clips", "The latest version of each clip, under the category it was filed in.", columns, rows)


def fidelity(overview: Overview) -> Table:
    """PSNR, SSIM and GMSD by category and kind of reference."""
    rows = [
        (
            row.reference,
            row.category,
            str(row.clips),
            _spread(row.psnr_db, "{:.1f}"),
            _spread(row.ssim, "{:.3f}"),
            _spread(row.gmsd, "{:.3f}"),
        )
        for row in overview.fidelity
    ]
    about = (
        "Median, and the middle half of the clips in brackets. Don't compare rows of different references: against the "
        "damaged input a good restoration scores low."
    )
    return Table("Scores", about, ("against", "category", "clips", "PSNR dB", "SSIM", "GMSD"), rows, names=2)


def flicker(overview: Overview) -> Table:
    """T-MSE before and after, with sharpness beside it."""
    rows = [
        (
            row.category,
            str(row.clips),
            _spread(row.tmse_input, "{:.3g}", times=1e6),
            _spread(row.tmse_output, "{:.3g}", times=1e6),
            "–" if row.steadier is None else f"{row.steadier:.0%}",
            _spread(row.sharpness, "{:.2f}"),
        )
        for row in overview.flicker
    ]
    about = (
        "T-MSE in millionths, the warping error between a frame and the one before it: lower is steadier. Blurring "
        "lowers it too, so sharpness is given beside it, as a share of the input's. Median, and the middle half in "
        "brackets."
    )
    return Table("Flicker", about, ("category", "clips", "before, 1e-6", "after, 1e-6", "steadier", "sharpness"), rows)


def failures(overview: Overview) -> Table:
    """What failed, by kind, with the newest of each."""
    rows = [(f.kind, shown(f"{from_text(f.name)}: {f.error}"), shown(f.remedy), str(f.jobs)) for f in overview.failures]
    columns = ("kind", "newest", "remedy", "files")
    return Table("Failures", "By kind of error, with the newest of each in full.", columns, rows, names=3)


def _spread(spread: Spread | None, form: str, times: float = 1.0) -> str:
    if spread is None:
        return "–"
    median = form.format(spread.median * times)
    if spread.quartiles is None:
        return median
    low, high = (form.format(quartile * times) for quartile in spread.quartiles)
    return f"{median} ({low}–{high})"
