"""A file's name can't write to the terminal: control characters are shown, wherever a name is."""

import os
import re
from io import StringIO

import pytest
import structlog
from typer.testing import CliRunner

from daemon.cli import app
from daemon.folders import shown
from daemon.service import telemetry
from daemon.settings.config import Log

EVIL = "a\x1b]0;owned\x07\x1b[2J\nforged line\r\x9b31m\u202egpj"
SEEN = r"a\x1b]0;owned\x07\x1b[2J\nforged line\r\x9b31m\u202egpj"
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def gifrestored(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        (EVIL, SEEN),
        ("caffè 猫 👩‍👩‍👧.gif", "caffè 猫 👩‍👩‍👧.gif"),
        (os.fsdecode(b"\xff.gif"), "%FF.gif"),
        ("a\u2028b\u2029c\x7f", r"a\u2028b\u2029c\x7f"),
        ("[b]a[/b]", "[b]a[/b]"),
    ],
)
def test_control_characters_are_shown_and_all_others_stand_as_they_are(name, seen):
    assert shown(name) == seen


@pytest.fixture
def evil(root):
    root.drop(f"gifs/{EVIL}.gif", "raise=Unreadable")
    root.drop("gifs/cat.gif", "cat")
    root.run()
    return root


def test_status_and_report_show_them(evil, tmp_path):
    for command in (["status"], ["report"], ["report", "--html", tmp_path / "page.html"]):
        told = gifrestored(*command, "--data-root", evil.path)
        assert told.exit_code == 0, told.output
        assert not CONTROLS.search(told.output)
        assert not any(line.startswith("forged") for line in told.output.splitlines())
    assert SEEN in gifrestored("status", "--data-root", evil.path).output
    page = (tmp_path / "page.html").read_text()
    assert r"\x1b]0;owned" in page and not CONTROLS.search(page)


def test_the_reason_beside_a_quarantined_file_shows_them(evil):
    (reason,) = evil.folders.quarantine.glob("*.txt")
    text = reason.read_text()
    assert f"dropped as gifs/{SEEN}.gif" in text
    assert not CONTROLS.search(text)
    assert len(text.splitlines()) == 3


def test_the_log_on_a_terminal_shows_them(capsys):
    telemetry.set_up(Log(format="console"))
    structlog.get_logger().warning(f"left alone {EVIL}", path=EVIL, names=[EVIL])
    try:
        raise ValueError(EVIL)
    except ValueError:
        structlog.get_logger().exception("failed")
    told = capsys.readouterr().err
    assert not CONTROLS.search(told)
    assert told.count(r"\x1b]0;owned") >= 4
    assert "forged line" in told and not any(line.startswith("forged") for line in told.splitlines())


@pytest.mark.parametrize("command", ["process", "measure"])
def test_what_is_said_of_files_given_by_hand_shows_them(tmp_path, command):
    file = tmp_path / f"{EVIL}.gif"
    file.write_text("no picture")
    told = gifrestored(command, file, *(("-o", tmp_path / "out") if command == "process" else ()))
    assert told.exit_code == 1
    assert r"\x1b]0;owned" in told.stderr
    assert not CONTROLS.search(told.output)
    assert not any(line.startswith("forged") for line in told.output.splitlines())


def test_an_error_of_use_shows_them(tmp_path):
    told = gifrestored("status", "--data-root", tmp_path / EVIL)
    assert told.exit_code == 2
    assert not CONTROLS.search(told.stderr)


def test_the_bars_show_them(capsys):
    from daemon.commands.progress import Bars

    with Bars() as bars:
        bars.show(EVIL, "restore", 0.5)
        bars.print(f"{EVIL}: done")
    told = capsys.readouterr().err
    assert told.count(SEEN) == 2
    assert StringIO(SEEN).getvalue() and not CONTROLS.search(told)


def test_doctor_shows_them(tmp_path):
    told = gifrestored("doctor", "--data-root", tmp_path / EVIL)
    assert not CONTROLS.search(told.output)
