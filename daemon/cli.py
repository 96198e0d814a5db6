"""The command line. Each command imports what it needs when it is called, so that `--help` and `status` start fast."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import DatabaseError
from typing import TYPE_CHECKING, Annotated

import typer

from daemon.folders import shown_lines

if TYPE_CHECKING:
    from daemon.settings.config import Config

WRONG_USE = 2  # click's own exit code for it

app = typer.Typer(
    help="Restore the faces in GIFs and short videos, without flicker.",
    epilog="Exit codes: 0 done, 1 some file failed, 2 wrong use.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(help="List, fetch and check the weights of the networks.", no_args_is_help=True)
app.add_typer(models_app, name="models")

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings file. Default: $GIFRESTORED_CONFIG, ./config.yaml or /etc/gifrestored/config.yaml.",
    ),
]
DataRoot = Annotated[
    Path | None,
    typer.Option("--data-root", metavar="DIR", help="Use this data root, not that of the settings."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on standard output.")]
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", help="GIF, animated WebP or PNG, or video.", show_default=False)
]
Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME…]", show_default=False)]


def _config(file: Path | None, data_root: Path | None = None) -> "Config":
    from daemon.settings import config_file

    with _wrong_use(config_file.ConfigError):
        return config_file.load(config_file.find(file), data_root)


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Stop when nothing is left to do.")] = False,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Watch the data root and restore what is dropped into it, until Ctrl-C."""
    from daemon.service import service
    from daemon.settings import config_file

    with _wrong_use(config_file.ConfigError):
        file = config_file.find(config)
        settings = config_file.load(file, data_root)
        named = file and file.absolute()  # the working folder may be gone when the settings are reloaded

    def reload() -> "Config | None":
        """Read the settings again; None if the file is wrong now, so that the old ones stay."""
        try:
            return config_file.load(named or config_file.find(), data_root and settings.data_root)
        except config_file.ConfigError as error:
            typer.echo(shown_lines(f"settings not reloaded: {error}"), err=True)
            return None

    with _wrong_use(service.Refused):
        raise typer.Exit(service.run(settings, once, reload))


@app.command()
def process(
    files: Files,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder for the results.")] = Path(
        "restored"
    ),
    whole: Annotated[
        bool, typer.Option("--whole", help="Restore videos as a whole; goes on where an earlier run was broken off.")
    ] = False,
    json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Restore files here and now, without the daemon or the catalogue."""
    from daemon.commands import process as command

    settings = _config(config)
    with _wrong_use(OSError):
        output.mkdir(parents=True, exist_ok=True)
        raise typer.Exit(command.process(files, output, settings, json, whole))


@app.command()
def status(json: AsJson = False, config: ConfigFile = None, data_root: DataRoot = None) -> None:
    """Show what is waiting, running, done and failed."""
    from daemon.commands import status as command

    with _wrong_use(OSError, DatabaseError):
        raise typer.Exit(command.show(_config(config, data_root), json))


@app.command()
def retry(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="Job numbers shown by `status`.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Every job that failed.")] = False,
    fallback: Annotated[bool, typer.Option("--fallback", help="Every job that a fall-back restored.")] = False,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Queue jobs again, for the running daemon or its next start."""
    if not (ids or failed or fallback):
        raise typer.BadParameter("name jobs by ID, or use --failed or --fallback")
    from daemon.commands import retry as command

    with _wrong_use(OSError, DatabaseError):
        raise typer.Exit(command.retry(_config(config, data_root), ids or [], failed, fallback))


@app.command()
def measure(files: Files, json: AsJson = False, config: ConfigFile = None) -> None:
    """Measure blur, noise and resolution of files, and show their category."""
    from daemon.commands import measure as command

    raise typer.Exit(command.measure(files, _config(config), json))


@app.command()
def report(
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Only since a date (2026-01-31) or for an age (24h, 7d, 4w)."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page with plots, frames before and after."),
    ] = None,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Show counts, scores and flicker by category, before and after."""
    from daemon.commands import report as command
    from daemon.execution.errors import CallFailed, WorkerDied

    with _wrong_use(OSError, DatabaseError, CallFailed, WorkerDied):
        raise typer.Exit(command.report(_config(config, data_root), since, html))


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Default: standard output.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated values, with a header line.")] = False,
    json: Annotated[bool, typer.Option("--json", help="A JSON array, one object a line.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Parquet; needs FILE and pyarrow.")] = False,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Write the clips with their scores, one row a clip."""
    from daemon.commands import export as command

    requested: dict[command.Format, bool] = {"csv": csv, "json": json, "parquet": parquet}
    formats = [form for form, is_requested in requested.items() if is_requested]
    if len(formats) != 1:
        raise typer.BadParameter("choose one of --csv, --json and --parquet")

    with _wrong_use(OSError, DatabaseError):
        raise typer.Exit(command.export(_config(config, data_root), formats[0], file))


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Default: ./catalogue-<date>.sqlite3.")] = None,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Copy the catalogue into one file; the daemon may be running."""
    from daemon.commands import backup as command

    with _wrong_use(OSError, DatabaseError):
        raise typer.Exit(command.backup(_config(config, data_root), file))


@models_app.command("list")
def models_list(config: ConfigFile = None) -> None:
    """List the weights, what they are for and which are on this machine."""
    from daemon.commands import models

    raise typer.Exit(models.show(_config(config).models))


@models_app.command("pull")
def models_pull(names: Names = None, config: ConfigFile = None) -> None:
    """Fetch weights and resume broken downloads. Default: those of the setting `weights`."""
    from daemon.commands import models

    settings = _config(config)
    raise typer.Exit(models.pull(names or [settings.weights], settings.models))


@models_app.command("verify")
def models_verify(names: Names = None, config: ConfigFile = None) -> None:
    """Check weights by SHA-256, and GFPGAN's engine against its authors' package. Default: all on this machine."""
    from daemon.commands import models

    raise typer.Exit(models.verify(names or [], _config(config)))


@app.command()
def doctor(config: ConfigFile = None, data_root: DataRoot = None) -> None:
    """Check this machine, its folders and the settings; show each fault with its remedy."""
    from daemon.commands import doctor as command
    from daemon.settings import config_file

    with _wrong_use(config_file.ConfigError):  # raised here only for a wrong --data-root
        raise typer.Exit(command.show(config, data_root))


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"gifrestored {version('gifrestored')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@contextmanager
def _wrong_use(*kinds: type[Exception]) -> Iterator[None]:
    """Print an error of these kinds as one sentence and exit with code 2, without a traceback."""
    try:
        yield
    except kinds as error:
        typer.echo(shown_lines(f"gifrestored: {error}"), err=True)
        sys.exit(WRONG_USE)


def main() -> None:
    """Run the command that was asked for."""
    app(prog_name="gifrestored")
