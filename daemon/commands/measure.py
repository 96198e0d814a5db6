"""`gifrestored measure`: measures blur, noise and resolution of files in a worker."""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from daemon.commands.work import Outcome, work_on_each
from daemon.execution.calls import MEASURE_FILE
from daemon.execution.child import Child
from daemon.folders import readable, shown
from daemon.report_codec import to_json
from daemon.settings.config import Config
from pipeline.report import Measurement

Measurements = dict[str, Measurement]

COLUMNS = ("clip", "category", "sure", "edge px", "noise σ", "most noise", "detail", "eyes px")


def measure(files: list[Path], config: Config, as_json: bool) -> int:
    """Print a row for each clip; return 1 if a file could not be measured."""

    def ask(child: Child, file: Path) -> Measurements:
        return child.call(MEASURE_FILE(source=file.absolute(), settings=config, name=readable(file.stem)))

    outcomes = list(work_on_each(files, ask))
    if as_json:
        print(to_json([_as_json(outcome) for outcome in outcomes], indent=2))
    else:
        _show(outcomes)
    return int(any(outcome.error for outcome in outcomes))


def _as_json(outcome: Outcome[Measurements]) -> dict[str, object]:
    return {"file": outcome.file, "error": outcome.error, "clips": outcome.result or {}}


def _show(outcomes: list[Outcome[Measurements]]) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in COLUMNS:
        is_text = title in ("clip", "category")
        table.add_column(title, justify="left" if is_text else "right", no_wrap=title != "clip", overflow="fold")
    for outcome in outcomes:
        for name, measured in (outcome.result or {}).items():
            table.add_row(Text(shown(name)), measured.category, *_figures(measured))
    if table.rows:
        Console(highlight=False).print(table)
    for outcome in outcomes:
        if outcome.error:
            print(outcome.complaint, file=sys.stderr)


def _figures(m: Measurement) -> list[str]:
    before = [_figure(value) for value in (m.confidence, m.edge_spread_px, m.noise_sigma_8bit)]
    return [*before, _most_noise(m), _figure(m.resolution_cutoff), _figure(m.eye_distance_px)]


def _most_noise(m: Measurement) -> str:
    """The measure by which the clip counts as noisy or not, since each has a threshold of its own."""
    symbol = {"sigma": "σ"}.get(m.noise_measure or "", m.noise_measure)
    return "–" if m.noise_amount is None else f"{symbol} {m.noise_amount:.2f}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
