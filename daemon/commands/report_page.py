"""Writes a report as one self-contained HTML file, with plots as SVG and frames as PNG, both drawn in a worker."""

from collections.abc import Iterator
from datetime import UTC, datetime
from html import escape
from importlib.resources import files
from string import Template
from typing import get_args

from daemon.catalogue.reading.overview import Overview, Pair
from daemon.commands import report_tables as tables
from daemon.execution.calls import DRAW_PAIR, DRAW_PLOTS
from daemon.execution.child import Child
from daemon.execution.errors import CallFailed, WorkerDied
from daemon.folders import Folders, shown
from daemon.settings.config import Config
from pipeline.errors import PipelineError
from pipeline.report import Reference

Plots = dict[str, str]


def page(overview: Overview, config: Config) -> str:
    """Return the page. If a clip's frames can't be read, it shows the reason in their place.

    Raises CallFailed and WorkerDied if the plots can't be drawn.
    """
    with Child() as child:  # it has decoded no stranger's file, so its SVG is safe to embed as it is
        plots = child.call(DRAW_PLOTS(scores=overview.scores)) if overview.scores else {}
    since = f"since {overview.since} " if overview.since else ""
    template = Template((files("daemon.commands") / "report.html").read_text())
    return template.substitute(
        title=escape(f"Restored clips {since}".strip()),
        about=escape(f"{shown(str(config.data_root))}, as of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        body="\n".join(_sections(overview, plots, config)),
    )


def _sections(overview: Overview, plots: Plots, config: Config) -> Iterator[str]:
    yield _section(tables.clips(overview), plots.get("clips", ""))
    yield _section(tables.flicker(overview), plots.get("flicker", ""))
    yield _section(tables.fidelity(overview), *(plots.get(reference, "") for reference in get_args(Reference)))
    if overview.pairs:
        about = "The middle of the newest clips of each category: before on the left, after on the right."
        sheet = "\n".join(_figures(overview.pairs, config))
        yield f'<section><h2>Before and after</h2><p>{about}</p><div class="sheet">{sheet}</div></section>'
    yield _section(tables.jobs(overview))
    yield _section(tables.failures(overview))


def _section(table: tables.Table, *plots: str) -> str:
    if not table.rows:
        return f"<section><h2>{escape(table.title)}</h2><p>None.</p></section>"
    lines = [_row("th", table.columns, table.names), *(_row("td", row, table.names) for row in table.rows)]
    body = "\n".join(lines)
    return (
        f"<section><h2>{escape(table.title)}</h2><p>{escape(table.about)}</p>{''.join(plots)}"
        f'<div class="wide"><table>{body}</table></div></section>'
    )


def _row(tag: str, cells: tuple[str, ...], names: int) -> str:
    sides = ["left" if place < names else "right" for place in range(len(cells))]
    return f"<tr>{''.join(f'<{tag} class={s}>{escape(c)}</{tag}>' for s, c in zip(sides, cells, strict=True))}</tr>"


def _figures(pairs: list[Pair], config: Config) -> Iterator[str]:
    """Yield a figure for each pair; one that can't be drawn shows the reason, and the next one follows."""
    folders, child = Folders(config.data_root), Child()
    try:
        for pair in pairs:
            try:
                pictures = _pictures(child, pair, folders, config)
            except (PipelineError, CallFailed, OSError) as error:
                pictures = f'<div class="missing">{escape(shown(str(error)))}</div>'
            except WorkerDied as error:
                child = Child()
                pictures = f'<div class="missing">{escape(shown(str(error)))}</div>'
            yield f"<figure>{pictures}<figcaption>{_caption(pair)}</figcaption></figure>"
    finally:
        child.kill()


def _pictures(child: Child, pair: Pair, folders: Folders, config: Config) -> str:
    request = DRAW_PAIR(
        before=folders.absolute(pair.before),
        after=folders.absolute(pair.after),
        before_ms=pair.start_ms + pair.duration_ms // 2,
        after_ms=pair.duration_ms // 2,
        limits=config.limits,
    )
    pictures = child.call(request)
    images = (
        f'<img alt="{side}" src="data:image/png;base64,{escape(png)}">'
        for side, png in zip(("before", "after"), pictures, strict=True)
    )
    return f"<div>{''.join(images)}</div>"


def _caption(pair: Pair) -> str:
    facts = [pair.category, pair.restorer]
    if pair.psnr_db is not None:
        facts.append(f"PSNR {pair.psnr_db:.1f} dB against the {pair.reference}")
    if pair.tmse_input is not None and pair.tmse_output is not None:
        facts.append(f"T-MSE {pair.tmse_input * 1e6:.3g} → {pair.tmse_output * 1e6:.3g} millionths")
    return f"<b>{escape(shown(pair.name))}</b><br>{escape(', '.join(facts))}"
