"""A content that the daemon knows is dropped again."""

import time

import pytest
from data_root import names
from fake_executor import FakeExecutor

DAY_S = 86400


@pytest.fixture
def root(root):
    root.make_executor = FakeExecutor
    return root


def days_ago(days):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - days * DAY_S))


@pytest.mark.parametrize("name", ["bad.gif", "worse.gif"])
def test_a_bad_file_that_is_dropped_again_lies_in_quarantine_once(root, name):
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()
    for _ in range(2):
        root.drop(f"gifs/{name}", "raise=Unreadable")
        root.run()
    assert names(root.folders.quarantine) == [name, f"{name}.txt"]
    assert f"dropped as gifs/{name}" in (root.folders.quarantine / f"{name}.txt").read_text()

    root.write("UPDATE jobs SET finished_at = ?", days_ago(3))
    root.run(retention={"quarantine_days": 2})
    assert names(root.folders.quarantine) == []


def test_a_file_that_can_be_restored_when_it_is_dropped_again_leaves_quarantine(root):
    root.drop("gifs/cat.gif", "once=Unreadable")
    root.run()
    root.drop("gifs/cat.gif", "once=Unreadable")
    root.run()
    assert root.states() == {"gifs/cat.gif": "done"}
    assert root.inputs() == ["gifs/blurry/cat.gif"]


def test_another_file_that_took_a_bad_ones_place_in_quarantine_stays(root):
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()
    (root.folders.quarantine / "bad.gif").write_text("somebody's own")
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()
    assert (root.folders.quarantine / "bad.gif").read_text() == "somebody's own"
    assert len(names(root.folders.quarantine)) == 4


def test_the_reason_goes_with_a_file_whose_name_in_quarantine_was_taken_meanwhile(root, monkeypatch):
    taken = root.folders.quarantine / "bad.gif"
    act = {"planned": lambda: taken.write_text("somebody's own")}
    monkeypatch.setattr("daemon.steps._listeners", [lambda step: act.get(step, int)()])
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()
    _, renamed, reason = sorted(names(root.folders.quarantine), key=len)
    assert reason == f"{renamed}.txt"
    assert taken.read_text() == "somebody's own"


def test_copies_that_an_earlier_version_kept_in_quarantine_go_after_their_time(root):
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()
    older = root.drop("quarantine/bad-older.gif", "raise=Unreadable")
    root.drop("quarantine/bad-older.gif.txt", "why")
    known = "INSERT INTO files SELECT ?, hash, size_bytes, ?, 'daemon' FROM files WHERE path = 'quarantine/bad.gif'"
    root.write(known, "quarantine/bad-older.gif", older.stat().st_mtime_ns)
    root.write("UPDATE jobs SET finished_at = ?", days_ago(3))
    root.run(retention={"quarantine_days": 2})
    assert names(root.folders.quarantine) == []


def test_a_bad_file_that_is_gone_when_its_turn_comes_keeps_its_copy_in_quarantine(root, monkeypatch):
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()
    again = root.drop("gifs/bad.gif", "raise=Unreadable")
    monkeypatch.setattr("daemon.steps._listeners", [lambda step: again.unlink() if step == "claimed" else None])
    root.run()
    assert names(root.folders.quarantine) == ["bad.gif", "bad.gif.txt"]
