"""Somebody removes, moves or replaces the catalogue while the daemon has it open."""

import contextlib
import os
import shutil
import signal
import sqlite3
import time

import pytest
from data_root import names
from fake_executor import FakeExecutor

from daemon.catalogue import open_catalogue, presence
from daemon.catalogue.presence import Presence
from daemon.service import systemd
from daemon.service.lock import Refused


def remove_all(root):
    for file in root.path.glob("catalogue.sqlite3*"):
        file.unlink()


LOSSES = {
    "removed": lambda root: root.folders.catalogue.unlink(),
    "removed with its companions": remove_all,
    "moved away": lambda root: root.folders.catalogue.rename(root.path / "old.sqlite3"),
}


@pytest.fixture
def lose(root, monkeypatch):
    """Loses the catalogue when the first job is done; the service manager is heard in `lose.told`."""
    root.make_executor = FakeExecutor

    def arrange(loss):
        losses = iter([loss])
        act = lambda step: next(losses, lambda _: None)(root) if step == "cleaned" else None  # noqa: E731
        monkeypatch.setattr("daemon.steps._listeners", [act])

    arrange.told = []
    monkeypatch.setattr(systemd, "notify", lambda *states: arrange.told.extend(states))
    return arrange


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_a_catalogue_that_is_lost_is_told_loudly_and_written_back_and_no_more_jobs_are_taken(root, lose, capsys, loss):
    root.drop("gifs/a.gif", "one")
    root.drop("gifs/b.gif", "two")
    lose(loss)

    with pytest.raises(Refused, match=r"catalogue\.sqlite3 was removed or replaced .* start the daemon again"):
        root.run()

    assert "the catalogue was removed or replaced" in capsys.readouterr().err
    assert any(state.startswith("STATUS=the catalogue was removed") for state in lose.told)
    assert len(root.outputs()) == 1
    assert sorted(root.states().values()) == ["done", "queued"]

    assert root.run() == 0
    root.assert_exactly_once({"gifs/a.gif": "one", "gifs/b.gif": "two"})


def test_another_catalogue_that_took_the_name_is_left_as_it_is_and_the_lost_one_is_kept_beside_it(root, lose):
    root.run()
    shutil.copy(root.folders.catalogue, root.path / "backup")
    root.drop("gifs/a.gif", "one")
    lose(lambda root: (root.path / "backup").rename(root.folders.catalogue))

    with pytest.raises(Refused, match=r"catalogue-before-\S+\.sqlite3"):
        root.run()

    assert root.states() == {}
    (kept,) = root.path.glob("catalogue-before-*.sqlite3")
    with contextlib.closing(sqlite3.connect(kept)) as db:
        assert db.execute("SELECT state FROM jobs").fetchall() == [("done",)]


def test_a_catalogue_that_is_lost_just_before_a_stop_is_written_back_too(root):
    root.drop("gifs/a.gif", "sleep=60")
    process = root.start(once=False)
    root.wait_for("SELECT stage = 'restore' FROM jobs")
    remove_all(root)
    os.kill(process.pid, signal.SIGTERM)
    process.join(20)
    assert root.states() == {"gifs/a.gif": "queued"}


def test_a_data_root_that_is_not_there_has_not_lost_its_catalogue(tmp_path):
    (tmp_path / "root").mkdir()
    with contextlib.closing(open_catalogue(tmp_path / "root" / "c.sqlite3")) as db:
        watched = Presence(db, tmp_path / "root" / "c.sqlite3")
        assert not watched.is_lost()
        (tmp_path / "root").rename(tmp_path / "elsewhere")
        assert not watched.is_lost()
        (tmp_path / "root").mkdir()
        assert not watched.is_lost()


def test_a_disk_that_is_full_when_the_catalogue_is_written_back_is_waited_for(root, lose, monkeypatch):
    real, calls = presence.Presence.close, []

    def full_at_first(self):
        calls.append(time.monotonic())
        if len(calls) == 1:
            raise OSError(28, "No space left on device")
        return real(self)

    monkeypatch.setattr(presence.Presence, "close", full_at_first)
    monkeypatch.setattr("daemon.service.recovery.START_AGAIN_S", 0.01)
    root.drop("gifs/a.gif", "one")
    lose(LOSSES["removed"])

    with pytest.raises(Refused, match="start the daemon again"):
        root.run()

    assert len(calls) == 2
    assert root.states() == {"gifs/a.gif": "done"}
    assert not [name for name in names(root.path) if name.endswith(".tmp")]
