"""`gifrestored report`: counts, scores and flicker by category, on the terminal or as a page with plots and frames."""

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer import BadParameter

from daemon.catalogue import open_for_reading, timestamp
from daemon.catalogue.reading.overview import Overview, read_overview
from daemon.commands import report_tables as tables
from daemon.commands.files import whole
from daemon.folders import Folders, shown
from daemon.settings.config import Config

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def report(config: Config, since: str | None, html: Path | None) -> int:
    """Print the tables, or write the page. Raises FileNotFoundError: no catalogue; OSError: the page is not written."""
    begin = beginning(since) if since else ""
    with closing(open_for_reading(Folders(config.data_root).catalogue)) as db:
        overview = read_overview(db, begin)
    if html is None:
        _print(overview)
    else:
        from daemon.commands.report_page import page

        with whole(html) as file:
            file.write(page(overview, config).encode())
        print(shown(str(html)))
    return 0


def beginning(since: str) -> str:
    """A date, a time (UTC where it names no zone) or an age such as 24h, 7d, 4w, as the catalogue writes times.

    Raises BadParameter.
    """
    try:
        if age := re.fullmatch(r"(\d+)([hdw])", since):
            begin = datetime.now(UTC) - int(age[1]) * UNITS[age[2]]
        else:
            begin = datetime.fromisoformat(since)
        return timestamp((begin if begin.tzinfo else begin.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise BadParameter(f"--since {since} is no time; say a date (2026-01-31) or an age (24h, 7d, 4w)") from error


def _print(overview: Overview) -> None:
    console = Console(highlight=False)
    shown = (tables.jobs, tables.clips, tables.fidelity, tables.flicker, tables.failures)
    for table in filter(lambda table: table.rows, (made(overview) for made in shown)):
        console.print(Text(table.title, "bold"))
        console.print(_table(table))
    if not overview.totals:
        console.print("no clips" + (f" since {overview.since}" if overview.since else " yet"))


def _table(table: tables.Table) -> Table:
    drawn = Table(box=None, padding=(0, 2, 0, 0))
    for place, title in enumerate(table.columns):
        is_name = place < table.names
        drawn.add_column(title, justify="left" if is_name else "right", min_width=len(title), overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    drawn.add_row()
    return drawn
