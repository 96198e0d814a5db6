"""`gifrestored models`: lists, pulls and verifies weights."""

import dataclasses
import difflib
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from typer import BadParameter

from daemon.commands.progress import Bars
from daemon.folders import shown
from daemon.settings.config import Config
from daemon.verification.comparing import compare
from daemon.verification.record import GFPGAN, REMEDY, VerificationFailed, sentence
from pipeline.errors import PipelineError
from pipeline.networks.weights import download
from pipeline.networks.weights import registry as weights
from pipeline.networks.weights.registry import REGISTRY, Weights
from pipeline.settings import Models

MB = 1_000_000


def show(models: Models) -> int:
    """Print the registry of weights, and which of them are on this machine."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("name", "MB", "here", "for", "licence"):
        table.add_column(title, justify="right" if title == "MB" else "left")
    for entry in REGISTRY.values():
        here = "yes" if weights.present(entry, models) else "no"
        table.add_row(entry.name, str(entry.bytes // MB), here, entry.purpose, entry.licence)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\nfolder: {models.folder}", markup=False, soft_wrap=True)
    return 0


def pull(names: list[str], models: Models) -> int:
    """Fetch weights by name, even if `models.download` forbids it to the daemon; return 1 if one failed."""
    wanted, allowed, exit_code = _weights_named(names), dataclasses.replace(models, download=True), 0
    with Bars() as bars:
        for entry in wanted:
            try:
                path = download.pull(entry, allowed, bars.bytes(entry.name))
                bars.print(f"{entry.name}: {path}, hash correct")
            except PipelineError as error:
                bars.print(f"{entry.name}: {error}")
                exit_code = 1
    return exit_code


def verify(names: list[str], config: Config) -> int:
    """Check weights, and with GFPGAN's that our engine gives what its authors' package gives.

    Without names, check all that are on this machine. Return 1 if one is missing or wrong, or the engine differs.
    """
    folder = config.models.folder
    wanted = _weights_named(names) if names else [w for w in REGISTRY.values() if (folder / w.file).exists()]
    exit_code = 0
    for entry in wanted:
        try:
            print(f"{entry.name}: {weights.verify(entry, config.models)}, hash correct", flush=True)
            if entry.name in GFPGAN:
                exit_code |= _verify_engine(entry, config)
        except (PipelineError, VerificationFailed, OSError) as error:
            print(f"{entry.name}: {error}", file=sys.stderr)
            exit_code = 1
    if not wanted:
        print(f"no weights in {folder}")
    return exit_code


def _verify_engine(entry: Weights, config: Config) -> int:
    """Compare our engine with the gfpgan package; return 1 if they differ. Raises VerificationFailed, OSError."""
    if config.engine == "upstream":
        print(f"{entry.name}: `engine: upstream` runs the gfpgan package itself, so there is nothing to compare")
        return 0
    comparison = compare(config, entry)
    result = f"{entry.name}: {sentence(comparison)}"
    if comparison.equal:
        print(result)
        return 0
    print(f"{result}; {REMEDY}", file=sys.stderr)
    return 1


def _weights_named(names: Iterable[str]) -> list[Weights]:
    by_name = {name.casefold(): entry for name, entry in REGISTRY.items()}
    for name in names:
        if name.casefold() not in by_name:
            near = difflib.get_close_matches(name.casefold(), by_name, 1, 0.4)
            meant = f"did you mean {by_name[near[0]].name}?" if near else f"there are {', '.join(REGISTRY)}"
            raise BadParameter(f"no weights are called {shown(name)}; {meant}")
    return [by_name[name.casefold()] for name in names]
