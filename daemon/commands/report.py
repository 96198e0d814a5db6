"""`gifrestored report`: shows counts, scores and flicker by category, on the terminal or as a page with plots."""

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
from daemon.commands.files import open_output
from daemon.folders import Folders, shown
from daemon.settings.config import Config

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def report(config: Config, since: str | None, html: Path | None) -> int:
    """Print the tables, or write the page.

    Raises FileNotFoundError if there is no catalogue, OSError if the page can't be written.
    """
    start = parse_since(since) if since else ""
    with closing(open_for_reading(Folders(config.data_root).catalogue)) as db:
        overview = read_overview(db, start)
    if html is None:
        _print(overview)
    else:
        from daemon.commands.report_page import page

        with open_output(html) as file:
            file.write(page(overview, config).encode())
        print(shown(str(html)))
    return 0


def parse_since(since: str) -> str:
    """Turn a date, a time (UTC unless it names a zone) or an age (24h, 7d, 4w) into a time of the catalogue.

    Raises BadParameter.
    """
    try:
        if age := re.fullmatch(r"(\d+)([hdw])", since):
            start = datetime.now(UTC) - int(age[1]) * UNITS[age[2]]
        else:
            start = datetime.fromisoformat(since)
        return timestamp((start if start.tzinfo else start.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError) as error:
        raise BadParameter(
            f"--since {since} is not a time; give a date (2026-01-31) or an age (24h, 7d, 4w)"
        ) from error


def _print(overview: Overview) -> None:
    console = Console(highlight=False)
    builders = (tables.jobs, tables.clips, tables.fidelity, tables.flicker, tables.failures)
    for table in filter(lambda table: table.rows, (build(overview) for build in builders)):
        console.print(Text(table.title, "bold"))
        console.print(_draw_table(table))
    if not overview.totals:
        console.print("no clips" + (f" since {overview.since}" if overview.since else " yet"))


def _draw_table(table: tables.Table) -> Table:
    drawn = Table(box=None, padding=(0, 2, 0, 0))
    for place, title in enumerate(table.columns):
        is_name = place < table.names
        drawn.add_column(title, justify="left" if is_name else "right", min_width=len(title), overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(Text, row))
    drawn.add_row()
    return drawn
