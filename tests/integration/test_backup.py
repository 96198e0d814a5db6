"""A backup is whole under its name, or there is none; and reading is all it needs."""

import errno
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from data_root import names
from typer.testing import CliRunner

from daemon.cli import app

ROOT = Path(__file__).parents[2]
NOBODY = 65534


def backup(root, into):
    return CliRunner().invoke(app, ["backup", str(into), "--data-root", str(root.path)])


def rows(path):
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return db.execute("SELECT name, tmse_ratio FROM latest").fetchall()


@pytest.fixture
def filled(root):
    root.drop("gifs/cat.gif", "category=noisy")
    root.run()
    return root


def test_a_backup_is_the_whole_catalogue_in_one_file(filled, tmp_path):
    assert backup(filled, tmp_path / "copy.sqlite3").exit_code == 0
    assert rows(tmp_path / "copy.sqlite3") == [("cat", 0.5)]
    assert names(tmp_path) == ["copy.sqlite3", "dataset"]


def test_a_backup_beside_a_running_daemon_has_what_was_recorded_last(filled, tmp_path):
    with filled.running():
        filled.wait_for("SELECT count(*) = 2 FROM events WHERE event = 'started'")
        filled.drop("gifs/dog.gif", "dog")
        filled.wait_for("SELECT state = 'done' FROM jobs WHERE name = 'dog'")
        assert backup(filled, tmp_path / "copy.sqlite3").exit_code == 0
    assert sorted(rows(tmp_path / "copy.sqlite3")) == [("cat", 0.5), ("dog", 0.5)]
    assert names(tmp_path) == ["copy.sqlite3", "dataset"]


def test_a_damaged_catalogue_leaves_no_backup_and_a_sentence(filled, tmp_path):
    content = bytearray(filled.folders.catalogue.read_bytes())
    for page in range(3, len(content) // 4096):
        content[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    filled.folders.catalogue.write_bytes(content)

    told = backup(filled, tmp_path / "copy.sqlite3")

    assert told.exit_code == 2
    assert "catalogue.sqlite3 is damaged" in told.stderr and "copy.sqlite3 was not written" in told.stderr
    assert names(tmp_path) == ["dataset"]


def test_a_full_disk_leaves_no_backup_and_a_sentence(filled, tmp_path):
    """A limit on the size of a file stands in for the disk."""
    limited = "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000)); from daemon.cli import main; main()"
    command = [sys.executable, "-c", limited, "backup", str(tmp_path / "copy.sqlite3"), "--data-root", str(filled.path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert told.returncode == 2
    assert re.search(
        rf"{tmp_path}/copy.sqlite3 was not written: (database or disk is full|disk I/O error)", told.stderr
    )
    assert names(tmp_path) == ["dataset"]


def test_a_name_in_use_is_not_replaced(filled, tmp_path):
    (tmp_path / "mine").write_text("mine")
    assert backup(filled, tmp_path / "mine").exit_code == 2
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_folder_that_is_not_there_is_told(filled, tmp_path):
    told = backup(filled, tmp_path / "none" / "copy.sqlite3")
    assert told.exit_code == 2
    assert f"{tmp_path}/none is no folder" in told.stderr


def as_nobody(act):
    """Do something as a user without rights, in a process of its own; returns its exit code."""
    child = os.fork()
    if not child:
        code = 99
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            code = act()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("daemon", ["running", "stopped"])
def test_a_reader_without_write_permission_makes_a_backup(filled, tmp_path, daemon):
    if os.geteuid():  # what this user may not write is only the reader's own case then
        filled.path.chmod(0o555)
        filled.folders.catalogue.chmod(0o444)
        assert backup(filled, tmp_path / "copy.sqlite3").exit_code == 0
        filled.path.chmod(0o755)
        return
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o055)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, NOBODY, NOBODY)
    if daemon == "running":
        with filled.running():
            filled.wait_for("SELECT count(*) = 2 FROM events WHERE event = 'started'")
            assert as_nobody(lambda: backup(filled, theirs / "copy.sqlite3").exit_code) == 0
    else:
        assert as_nobody(lambda: backup(filled, theirs / "copy.sqlite3").exit_code) == 0
    assert rows(theirs / "copy.sqlite3") == [("cat", 0.5)]


def test_where_the_copy_can_not_be_written_there_is_a_sentence(filled, monkeypatch, tmp_path):
    def link(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system", "copy")

    monkeypatch.setattr(os, "link", link)
    monkeypatch.setattr(Path, "rename", link)
    told = backup(filled, tmp_path / "copy.sqlite3")
    assert told.exit_code == 2
    assert "Read-only file system" in told.stderr
    assert names(tmp_path) == ["dataset"]
