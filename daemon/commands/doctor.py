"""`gifrestored doctor`: prints the findings as a table, each fault with its remedy."""

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
    """Print all findings; return 1 if something must be fixed."""
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
    """Load the settings, or the defaults if they are wrong, because the rest is still worth checking."""
    try:
        path = config_file.find(file)
        return Finding("settings", "ok", str(path or "no file: defaults")), config_file.load(path, data_root)
    except config_file.ConfigError as error:
        remedy = "correct it; docs/configuration.md lists every setting"
        return Finding("settings", "fix", str(error), remedy), config_file.load(None, data_root)
