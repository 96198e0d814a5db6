"""The worked example of docs/extending.md, applied to a copy of the code and run."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEW_FILE = re.compile(r"`(daemon/[\w/.]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
APPENDED = re.compile(r"Append to `([\w/.]+)`, above `([^`]+)`:\n\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def extended(tmp_path):
    """A copy of the packages with the example's blocks in their places."""
    for package in ("daemon", "pipeline"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    example = (ROOT / "docs" / "extending.md").read_text().partition("worked example")[2]
    for name, text in NEW_FILE.findall(example):
        assert not (tmp_path / name).exists()
        (tmp_path / name).write_text(text)
    for name, place, text in APPENDED.findall(example):
        code = (tmp_path / name).read_text()
        assert code.count(f"{place}(") == 1
        (tmp_path / name).write_text(code.replace(f"{place}(", f"{text}\n\n{place}("))
    return tmp_path


def run(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(tree)}
    command = [sys.executable, "-m", "daemon", *arguments]
    return subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True)


def test_the_worked_example_gives_a_command_that_answers_from_the_catalogue(extended, root):
    root.drop("gifs/cat.gif", "category=noisy")
    root.run()
    ran = run(extended, "slowest", "--data-root", str(root.path), "--most", "1")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.split() == ["0.5", "s", "3", "frames", "cat"]


def test_the_worked_example_is_in_the_help(extended):
    assert "List the clips that took longest." in run(extended, "--help").stdout
