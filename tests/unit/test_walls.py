"""The walls and layers of `[tool.importlinter]` stand, and each notices what goes through it."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = [c["id"] for c in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]]


def lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo", "--contract", contract]
    environment = os.environ | {"PYTHONPATH": str(tree), "COLUMNS": "200"}
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path):
    """The two packages with their contracts, to be broken."""
    for package in ("daemon", "pipeline"):
        only_text = shutil.ignore_patterns("*.onnx", "*.safetensors", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=only_text)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def import_later(tree: Path, module: str, imported: str) -> None:
    """Have a function of the module import something: that counts too."""
    with (tree / module.replace(".", "/")).with_suffix(".py").open("a") as file:
        file.write(f"\n\ndef later():\n    import {imported}\n")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_the_contract_is_kept(contract):
    told = lint(ROOT, contract)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(
    ("contract", "module", "imported"),
    [
        ("pipeline", "pipeline.clips.clip", "sqlite3"),
        ("pipeline", "pipeline.run", "daemon.jobs"),
        ("pixels", "daemon.service.doctor", "cv2"),
        ("pixels", "daemon.digests", "pipeline.clips.clip"),  # which has numpy
        ("workers", "daemon.execution.worker", "daemon.catalogue.ledger"),
        ("workers", "daemon.execution.child", "daemon.publishing.names"),  # which has the catalogue
        ("daemon-layers", "daemon.catalogue.ledger", "daemon.service.verdicts"),
        ("daemon-layers", "daemon.inbox.inbox", "daemon.publishing.publish"),
        ("pipeline-layers", "pipeline.motion.flow", "pipeline.clips.clip"),
        ("pipeline-layers", "pipeline.media.open", "pipeline.faces.mask"),
    ],
)
def test_an_import_through_a_wall_is_told(copy, contract, module, imported):
    import_later(copy, module, imported)
    told = lint(copy, contract)
    assert told.returncode == 1
    assert f"- {module} -> {imported} " in " ".join(told.stdout.split())


@pytest.mark.parametrize(
    ("module", "imported", "told_as"),
    [
        ("pipeline.networks.restorer", "pipeline.networks.gfpgan.build", ".restorer -> .gfpgan (1 import)"),
        ("pipeline.motion.flow", "pipeline.steadiness.settle", ".motion -> .steadiness (1 import)"),
        ("daemon.folders", "daemon.catalogue.drops", ".folders -> .catalogue (1 import)"),
    ],
)
def test_a_circle_between_folders_or_modules_is_told(copy, module, imported, told_as):
    import_later(copy, module, imported)
    told = lint(copy, "circles")
    assert told.returncode == 1
    assert told_as in told.stdout


@pytest.mark.parametrize(
    ("contract", "room"), [("daemon-layers", "daemon/cellar"), ("pipeline-layers", "pipeline/attic")]
)
def test_a_room_without_a_place_among_the_layers_is_told(copy, contract, room):
    (copy / room).mkdir()
    (copy / room / "__init__.py").touch()
    told = lint(copy, contract)
    assert told.returncode == 1
    assert room.replace("/", ".") in told.stdout
