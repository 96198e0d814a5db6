"""The house keeps its rules, and each rule notices when it is broken."""

import shutil
from pathlib import Path

import house
import pytest

ROOT = Path(__file__).parents[2]
RULES = (
    house.sql_outside_the_catalogue,
    house.closed_rooms_entered,
    house.crowded_folders,
    house.long_modules,
    house.long_functions,
)
SELECT = "SELECT = 'SELECT id FROM jobs'"
UPDATE = 'def change(db, state):\n    return f"UPDATE jobs SET state = {state}"'
RUN = "def change(db, text):\n    db.execute(text)"
TYPE_CHECKING = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from pipeline import run"


@pytest.fixture
def copy(tmp_path):
    """The two packages, to be broken."""
    for package in house.PACKAGES:
        only_text = shutil.ignore_patterns("*.onnx", "*.safetensors", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=only_text)
    return tmp_path


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_keeps_the_rule(rule):
    assert list(rule(ROOT)) == []


@pytest.mark.parametrize(
    ("rule", "module", "text"),
    [
        (house.sql_outside_the_catalogue, "daemon/service/extra.py", SELECT),
        (house.sql_outside_the_catalogue, "daemon/publishing/filing.py", UPDATE),
        (house.sql_outside_the_catalogue, "pipeline/run.py", RUN),
        (house.sql_outside_the_catalogue, "daemon/service/clips.sql", "SELECT 1"),
        (house.closed_rooms_entered, "daemon/service/service.py", "import pipeline.run"),
        (house.closed_rooms_entered, "daemon/jobs.py", "def load():\n    from pipeline.networks import choice"),
        (house.long_modules, "pipeline/run.py", "\n" * house.LONGEST_MODULE),
        (house.long_functions, "pipeline/run.py", "def long():\n" + "    print()\n" * house.LONGEST_FUNCTION),
    ],
)
def test_a_breach_is_told_with_its_place(copy, rule, module, text):
    before = set(rule(copy))
    with (copy / module).open("a") as file:
        file.write(f"\n{text}\n")
    assert {breach.partition(":")[0] for breach in set(rule(copy)) - before} == {module}


def test_a_folder_that_grows_too_large_is_told(copy):
    for number in range(house.MOST_MODULES + 1):
        (copy / "pipeline" / "motion" / f"more_{number}.py").touch()
    assert [breach.partition(":")[0] for breach in house.crowded_folders(copy)] == ["pipeline/motion"]


def test_only_the_table_of_calls_shows_the_worker_functions_to_the_type_checker(copy):
    (copy / house.TABLE_OF_CALLS).write_text(TYPE_CHECKING)
    assert list(house.closed_rooms_entered(copy)) == []
    (copy / "daemon" / "extra.py").write_text(TYPE_CHECKING)
    assert list(house.closed_rooms_entered(copy)) == ["daemon/extra.py: pipeline.run"]
