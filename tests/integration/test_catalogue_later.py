"""A catalogue that a later version has changed is refused, not guessed at."""

from contextlib import closing

import pytest
from typer.testing import CliRunner

from daemon.catalogue import open_for_writing
from daemon.cli import app
from daemon.service.lock import Refused


@pytest.fixture
def later(root):
    root.drop("gifs/cat.gif", "cat")
    root.run()
    with closing(open_for_writing(root.folders.catalogue)) as db:
        columns = "migration_set, name, applied_at"
        later = f"INSERT INTO _sqlite_migrations ({columns}) SELECT migration_set, '9001_shape', applied_at"
        db.execute(f"{later} FROM _sqlite_migrations LIMIT 1")
    return root


def test_the_daemon_refuses_it_and_leaves_it_as_it_is(later):
    content = later.folders.catalogue.read_bytes()
    with pytest.raises(Refused, match=r"a later version.*9001_shape.*install that version"):
        later.run()
    assert later.folders.catalogue.read_bytes() == content


@pytest.mark.parametrize("command", [["status"], ["report"], ["retry", "--failed"], ["export", "--csv"]])
def test_every_command_says_so_in_a_sentence(later, command):
    told = CliRunner().invoke(app, [*command, "--data-root", str(later.path)])
    assert told.exit_code == 2
    assert "9001_shape" in told.stderr and "install that version" in told.stderr
