"""The command line. What is heavy is imported by the command that needs it, so that `--help` and `status` are quick."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import DatabaseError
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from daemon.settings.config import Config

WRONG_USE = 2  # click's own code for it

app = typer.Typer(
    help="Restore the faces in GIFs and short videos, without flicker.",
    epilog="Exit codes: 0 done, 1 some file failed, 2 wrong use.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(help="Weights of the networks: what there is, fetch it, check it.", no_args_is_help=True)
app.add_typer(models_app, name="models")

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings; else $GIFRESTORED_CONFIG, ./config.yaml, /etc/gifrestored/config.yaml.",
    ),
]
DataRoot = Annotated[
    Path | None, typer.Option("--data-root", metavar="DIR", help="Overrules data_root of the settings.")
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
    once: Annotated[bool, typer.Option("--once", help="End when nothing is left to do.")] = False,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Watch the data root and restore what is dropped into it, until Ctrl-C."""
    settings = _config(config, data_root)
    from daemon.commands.models import fetch_missing
    from daemon.folders import Folders
    from daemon.service import service
    from daemon.service.lock import hold
    from daemon.settings import config_file

    def reload() -> "Config | None":
        """The settings as the file has them now; None where it is wrong now, which changes nothing."""
        try:
            return config_file.load(config_file.find(config), data_root)
        except config_file.ConfigError as error:
            typer.echo(f"settings not reloaded: {error}", err=True)
            return None

    folders = Folders(settings.data_root)
    with _wrong_use(OSError, service.Refused):  # before anything is fetched for a data root that can't be had
        folders.make()
        with hold(folders):
            fetch_missing(settings)
    with _wrong_use(service.Refused):
        raise typer.Exit(service.run(settings, once, reload))


@app.command()
def process(
    files: Files,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Where the results go.")] = Path(
        "restored"
    ),
    whole: Annotated[
        bool, typer.Option("--whole", help="Restore videos as a whole; goes on where an earlier run was broken off.")
    ] = False,
    json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Restore files here and now, without daemon and catalogue."""
    from daemon.commands import process as command

    settings = _config(config)
    with _wrong_use(OSError):
        output.mkdir(parents=True, exist_ok=True)
    raise typer.Exit(command.process(files, output, settings, json, whole))


@app.command()
def status(json: AsJson = False, config: ConfigFile = None, data_root: DataRoot = None) -> None:
    """What is waiting, running, done and failed."""
    from daemon.commands import status as command

    with _wrong_use(OSError, DatabaseError):
        raise typer.Exit(command.show(_config(config, data_root), json))


@app.command()
def retry(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID…]", help="Jobs, as `status` numbers them.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that failed.")] = False,
    fallback: Annotated[bool, typer.Option("--fallback", help="All restored without the restorer asked for.")] = False,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Have jobs done again, by a daemon that runs or by the next one."""
    if not (ids or failed or fallback):
        raise typer.BadParameter("name jobs by ID, or say --failed or --fallback")
    from daemon.commands import retry as command

    with _wrong_use(OSError, DatabaseError):
        raise typer.Exit(command.retry(_config(config, data_root), ids or [], failed, fallback))


@app.command()
def measure(files: Files, json: AsJson = False, config: ConfigFile = None) -> None:
    """Measure blur, noise and resolution of files, and name their category."""
    from daemon.commands import measure as command

    raise typer.Exit(command.measure(files, _config(config), json))


@app.command()
def report(
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Only from then on: 2026-01-31, or an age: 24h, 7d, 4w."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots and frames before and after.")
    ] = None,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Counts, scores and flicker by category, before and after."""
    from daemon.commands import report as command
    from daemon.execution.errors import CallFailed, WorkerDied

    with _wrong_use(OSError, DatabaseError, CallFailed, WorkerDied):
        raise typer.Exit(command.report(_config(config, data_root), since, html))


@app.command()
def export(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Else standard output.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, with the names first.")] = False,
    json: Annotated[bool, typer.Option("--json", help="An array of objects, one a line.")] = False,
    parquet: Annotated[bool, typer.Option("--parquet", help="Parquet, through pyarrow; needs FILE.")] = False,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Write the clips with their scores, one row a clip."""
    from daemon.commands import export as command

    forms: dict[command.Format, bool] = {"csv": csv, "json": json, "parquet": parquet}
    chosen = [form for form, wanted in forms.items() if wanted]
    if len(chosen) != 1:
        raise typer.BadParameter("say one of --csv, --json and --parquet")

    with _wrong_use(OSError, DatabaseError):
        raise typer.Exit(command.export(_config(config, data_root), chosen[0], file))


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Else catalogue-<date>.sqlite3, here.")] = None,
    config: ConfigFile = None,
    data_root: DataRoot = None,
) -> None:
    """Copy the catalogue into one file, also while the daemon runs."""
    from daemon.commands import backup as command

    with _wrong_use(OSError, DatabaseError):
        raise typer.Exit(command.backup(_config(config, data_root), file))


@models_app.command("list")
def models_list(config: ConfigFile = None) -> None:
    """Which weights exist, what they are for and which are here."""
    from daemon.commands import models

    raise typer.Exit(models.show(_config(config).models))


@models_app.command("pull")
def models_pull(names: Names = None, config: ConfigFile = None) -> None:
    """Fetch weights, resuming what broke off; without a NAME those of the setting `weights`."""
    from daemon.commands import models

    settings = _config(config)
    raise typer.Exit(models.pull(names or [settings.weights], settings.models))


@models_app.command("verify")
def models_verify(names: Names = None, config: ConfigFile = None) -> None:
    """Check weights by SHA-256, and that GFPGAN restores with them as its authors' package does; all that are here."""
    from daemon.commands import models

    raise typer.Exit(models.verify(names or [], _config(config)))


@app.command()
def doctor(config: ConfigFile = None, data_root: DataRoot = None) -> None:
    """Check this machine, its folders and the settings; every fault with its remedy."""
    from daemon.commands import doctor as command
    from daemon.settings import config_file

    with _wrong_use(config_file.ConfigError):  # where it is --data-root that is wrong
        raise typer.Exit(command.show(config, data_root))


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"gifrestored {version('gifrestored')}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    pass


@contextmanager
def _wrong_use(*kinds: type[Exception]) -> Iterator[None]:
    """Turn an error of these kinds into its sentence and exit code 2, not a traceback."""
    try:
        yield
    except kinds as error:
        typer.echo(f"gifrestored: {error}", err=True)
        sys.exit(WRONG_USE)


def main() -> None:
    """Run the command that was asked for."""
    app(prog_name="gifrestored")
