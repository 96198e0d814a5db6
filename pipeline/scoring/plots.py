"""The plots of a report, as SVG: the number of clips in each category, their scores, and how steady they became."""

import io
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from pipeline.report import Category, Reference, Scores

ByCategory = dict[Category, list[Scores]]
Boxes = Sequence[tuple[str, list[float], str]]  # label, values, colour

COLOURS: dict[Category, str] = {"blurry": "#4c78a8", "noisy": "#e0873a", "low_res": "#5a9e6f", "clean": "#8c7aa9"}
BEFORE, INK = "#b9bec6", "#30343b"
DOTS = 200  # clips; with more of them their dots would hide the box
AGAINST: dict[Reference, str] = {
    "truth": "the undamaged original",
    "source": "the video it came from",
    "input": "the damaged input",
}
STYLE: Any = {  # its keys are a literal type of 300 names
    "svg.fonttype": "none",
    "svg.hashsalt": "gifrestored",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": "#9aa0a8",
    "axes.formatter.useoffset": False,  # values that lie close together are written out, not as +4.052e1
    "axes.formatter.limits": (-12, 12),
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(scores: ByCategory) -> dict[str, str]:
    """SVG elements by name: `clips`, `flicker`, and one for each kind of reference that clips were scored against.

    `scores` has the clips of each category that occurs. The plots leave out NaN and None.
    """
    with mpl.rc_context(STYLE):
        svgs = {"clips": _svg(_clips(scores)), "flicker": _svg(_flicker(scores))}
        for reference in get_args(Reference):
            chosen = {c: [s for s in clips if s.reference == reference] for c, clips in scores.items()}
            if any(chosen.values()):
                svgs[reference] = _svg(_fidelity({c: clips for c, clips in chosen.items() if clips}, reference))
    return svgs


def _clips(scores: ByCategory) -> Figure:
    figure = Figure((9, 0.6 + 0.35 * len(scores)), layout="constrained")
    axes = figure.subplots()
    names = list(scores)
    counts = [len(scores[name]) for name in names]
    bars = axes.barh(range(len(names)), counts, 0.6, color=[COLOURS[name] for name in names])
    axes.bar_label(bars, padding=4)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.xaxis.set_visible(False)
    axes.spines[["bottom"]].set_visible(False)
    axes.set_title("clips")
    return figure


def _fidelity(scores: ByCategory, reference: Reference) -> Figure:
    figure = Figure((9, 1.0 + 0.45 * len(scores)), layout="constrained")
    figure.suptitle(f"against {AGAINST[reference]}", x=0.01, ha="left", fontsize=9.5, fontweight="bold")
    panels: tuple[tuple[str, Callable[[Scores], float | None]], ...] = (
        ("PSNR, dB (more is closer)", lambda s: s.psnr_db),
        ("SSIM (1 is the same)", lambda s: s.ssim),
        ("GMSD (0 is the same)", lambda s: s.gmsd),
    )
    for axes, (title, value) in zip(figure.subplots(1, 3, sharey=True), panels, strict=True):
        boxes = [(name, _finite(map(value, clips)), COLOURS[name]) for name, clips in scores.items()]
        _box(axes, boxes, title)
    return figure


def _flicker(scores: ByCategory) -> Figure:
    """T-MSE before and after, and beside it sharpness, because blurring lowers T-MSE too."""
    figure = Figure((9, 1.0 + 0.8 * len(scores)), layout="constrained")
    left, right = figure.subplots(1, 2)
    boxes: list[tuple[str, list[float], str]] = []
    for name, clips in scores.items():
        boxes.append((f"{name}  before", _positive(s.tmse_input for s in clips), BEFORE))
        boxes.append(("after", _positive(s.tmse_output for s in clips), COLOURS[name]))
    if any(values for _, values, _ in boxes):
        left.set_xscale("log")
        left.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=5))
        left.xaxis.set_major_formatter("{x:g}")
        left.xaxis.set_minor_formatter(NullFormatter())
    _box(left, boxes, "T-MSE (less is steadier)")
    ratios = [(name, _positive(map(_sharpening, clips)), COLOURS[name]) for name, clips in scores.items()]
    _box(right, ratios, "sharpness, after ÷ before")
    right.axvline(1, color=INK, linewidth=0.8, linestyle=":")
    return figure


def _sharpening(score: Scores) -> float | None:
    return score.sharpness_output / score.sharpness_input if score.sharpness_input else None


def _box(axes: Axes, boxes: Boxes, title: str) -> None:
    """Draw median, quartiles and the middle 90 %, and the clips themselves as dots where there are few."""
    axes.set_title(title)
    for place, (_, values, colour) in enumerate(boxes):
        if not values:
            continue
        drawn = axes.boxplot(
            [values], positions=[place], widths=0.55, orientation="horizontal", whis=(5, 95), showfliers=False,
            patch_artist=True, manage_ticks=False, medianprops={"color": INK},
        )  # fmt: skip
        drawn["boxes"][0].set(facecolor=colour, alpha=0.55, edgecolor=colour)
        if len(values) <= DOTS:
            heights = [place + 0.18 * ((7 * i) % 5 - 2) / 2 for i in range(len(values))]
            axes.plot(values, heights, ".", color=colour, markersize=4, markeredgewidth=0)
    axes.set_yticks(range(len(boxes)), [label for label, _, _ in boxes])
    axes.set_ylim(len(boxes) - 0.5, -0.5)
    if axes.get_xscale() == "linear":
        axes.locator_params(axis="x", nbins=3)  # as many numbers of nine places as fit beside each other
    axes.grid(axis="x", color="#e3e6ea", linewidth=0.8)
    axes.set_axisbelow(True)


def _finite(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _positive(values: Iterable[float | None]) -> list[float]:
    """The values that a logarithmic axis can show: a still clip's T-MSE is exactly 0."""
    return [value for value in _finite(values) if value > 0]


def _svg(figure: Figure) -> str:
    """The figure as an `<svg>` element for an HTML page."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :]
