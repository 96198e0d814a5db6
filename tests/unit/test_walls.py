import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIXELS = {"torch", "torchvision", "cv2", "PIL", "av", "imageio", "openvino", "piq", "gfpgan", "basicsr", "facexlib"}
OPEN_TO_THE_DAEMON = {"settings", "report", "errors", "networks.weights.registry", "networks.weights.download"}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path, for_types: bool = True) -> Iterator[str]:
    """Every dotted name a module imports, inside functions too; with or without what only the type checker imports."""
    tree = ast.parse(path.read_text())
    for node in [] if for_types else ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = path.relative_to(ROOT).parent.parts
            above = here[: len(here) - node.level + 1] if node.level else ()
            yield from (".".join([*above, *filter(None, [node.module]), alias.name]) for alias in node.names)


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", modules("pipeline"), ids=str)
def test_the_pipeline_knows_nothing_of_the_daemon_the_database_or_the_watching(path):
    assert not tops(path) & {"daemon", "sqlite3", "sqlite_utils", "watchdog", "typer", "structlog", "prometheus_client"}


@pytest.mark.parametrize("path", modules("daemon"), ids=str)
def test_the_daemons_own_process_never_imports_what_decodes_media(path):
    assert not tops(path) & PIXELS


@pytest.mark.parametrize("path", [p for p in modules("daemon") if p.name != "worker.py"], ids=str)
def test_the_daemon_takes_from_the_pipeline_only_what_needs_no_decoder(path):
    names = imports(
        path, for_types=path.name != "calls.py"
    )  # the table of calls shows the functions to the type checker
    taken = {name.removeprefix("pipeline.") for name in names if name.partition(".")[0] == "pipeline"}
    closed = {name for name in taken if not any(f"{name}.".startswith(f"{m}.") for m in OPEN_TO_THE_DAEMON)}
    assert not closed


def test_the_worker_never_touches_the_database():
    names = set(imports(ROOT / "daemon" / "execution" / "worker.py"))
    assert not {name for name in names if name.startswith(("sqlite", "daemon.catalogue", "daemon.service.supervisor"))}


@pytest.mark.parametrize("path", modules("daemon/execution"), ids=str)
def test_execution_knows_nothing_of_jobs_files_and_rows_beyond_its_task(path):
    rooms = tuple(f"daemon.{room}" for room in ("catalogue", "service", "inbox", "publishing", "commands"))
    assert not {name for name in imports(path) if name.startswith(rooms)}
