"""`gifrestored doctor`: the findings as a table, each fault with its remedy."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from daemon.folders import shown_lines
from daemon.service.doctor import Finding, examine
from daemon.settings import config_file
from daemon.settings.config import Config

SIGNS = {"ok": "[green]ok[/]", "note": "[yellow]note[/]", "fix": "[red]FIX[/]"}


def show(file: Path | None, data_root: Path | None) -> int:
    """Print all findings; returns 1 where something must be mended."""
    settings, config = _settings(file, data_root)
    findings = [settings, *examine(config)]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for _ in ("state", "about"):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        text = finding.text + (f"\n→ {finding.remedy}" if finding.remedy else "")
        table.add_row(SIGNS[finding.state], finding.about, Text(shown_lines(text)))
    Console(highlight=False).print(table)
    return int(any(finding.state == "fix" for finding in findings))


def _settings(file: Path | None, data_root: Path | None) -> tuple[Finding, Config]:
    """The settings, or the defaults where they are wrong: the rest is still worth looking at."""
    try:
        found = config_file.find(file)
        return Finding("settings", "ok", str(found or "no file: defaults")), config_file.load(found, data_root)
    except config_file.ConfigError as error:
        remedy = "correct it; docs/configuration.md lists every setting"
        return Finding("settings", "fix", str(error), remedy), config_file.load(None, data_root)
