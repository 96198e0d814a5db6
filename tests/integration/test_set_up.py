"""The set-up on machines that lack something: each gap is named with the command that fills it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path):
    """A copy of the set-up on a machine whose python3.11, id and apt-get are what the test makes of them."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup", tmp_path / "scripts")
    (tmp_path / "bin").mkdir()

    def program(name, text):
        path = tmp_path / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    program("id", "echo 1000")
    program.folder = tmp_path
    return program


def set_up(bare):
    environment = {"PATH": f"{bare.folder / 'bin'}:/usr/bin:/bin", "PYTHON": "python-to-use"}
    ran = subprocess.run([bare.folder / "scripts" / "setup"], capture_output=True, text=True, env=environment)
    return ran.returncode, ran.stderr


def test_without_a_python_that_fits_it_says_which_one_is_needed(bare):
    bare("python-to-use", "exit 1")
    code, said = set_up(bare)
    assert code == 1
    assert "Python 3.11 or 3.12 is needed" in said


def test_without_the_venv_module_it_names_the_package_to_install(bare):
    bare("python-to-use", 'case "$*" in *ensurepip*) exit 1;; esac')
    code, said = set_up(bare)
    assert code == 1
    assert "sudo apt-get install -y python-to-use-venv" in said


def test_without_the_libraries_of_opencv_it_names_the_packages_to_install(bare):
    python = bare.folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\ncase "$*" in *cv2*) exit 1;; esac\n')
    python.chmod(0o755)
    (bare.folder / "pyproject.toml").write_text('"torch==1"\n')
    code, said = set_up(bare)
    assert code == 1
    assert "sudo apt-get install -y libgl1 libglib2.0-0" in said


def test_as_root_it_installs_what_is_missing_by_itself(bare):
    bare("id", "echo 0")
    bare("apt-get", f'echo "$@" >> {bare.folder}/installed')
    bare("python-to-use", 'case "$*" in *ensurepip*) exit 1;; *"-m venv"*) exit 7;; esac')
    assert set_up(bare)[0] == 7
    assert "--no-install-recommends python-to-use-venv" in (bare.folder / "installed").read_text()


def test_the_script_is_executable():
    assert os.access(ROOT / "scripts" / "setup", os.X_OK)
