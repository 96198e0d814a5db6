"""A content that the daemon knows is dropped again."""

import time
from pathlib import Path

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


@pytest.mark.parametrize("path", ["gifs/cat.gif", "gifs/dog.gif"])
def test_a_content_whose_input_and_result_were_deleted_is_restored_again(root, path):
    root.drop("gifs/cat.gif", "good")
    root.run()
    (root.folders.gifs / "blurry" / "cat.gif").unlink()
    (root.folders.outputs / "cat.gif").unlink()

    root.drop(path, "good")
    root.run()

    name = Path(path).name
    assert root.outputs() == {name: f"restored:{name.removesuffix('.gif')}:good"}
    assert root.inputs() == [f"gifs/blurry/{name}"]
    assert root.value("SELECT detail FROM events WHERE event = 'queued' ORDER BY id DESC") == (
        "dropped again: its results are gone"
    )


def test_a_video_of_which_one_result_is_still_there_counts_as_moved(root):
    root.drop("raw_videos/film.mp4", "clips=2")
    root.run()
    (root.folders.outputs / "film-1.gif").unlink()
    (root.folders.raw_videos / "film.mp4").rename(root.folders.raw_videos / "trip.mp4")

    root.run()

    assert list(root.outputs()) == ["film-2.gif"]
    assert root.value("SELECT path FROM jobs") == "raw_videos/trip.mp4"


def test_an_input_that_is_moved_while_its_result_is_there_is_not_restored_again(root):
    root.drop("gifs/cat.gif", "good")
    root.run()
    (root.folders.gifs / "blurry" / "cat.gif").rename(root.folders.gifs / "blurry" / "dog.gif")
    root.run()
    assert root.value("SELECT attempt FROM jobs") == 1
    assert list(root.outputs()) == ["cat.gif"]


def test_a_video_that_was_deleted_with_its_results_and_dropped_at_its_old_place_is_restored_again(root):
    film = root.drop("raw_videos/film.mp4", "clips=1")
    root.run()
    film.unlink()
    (root.folders.outputs / "film-1.gif").unlink()
    time.sleep(0.02)

    root.drop("raw_videos/film.mp4", "clips=1")
    root.run()

    assert list(root.outputs()) == ["film-1.gif"]
    assert root.inputs() == ["gifs/blurry/film-1.gif", "raw_videos/film.mp4"]


def test_a_copy_of_an_input_that_is_there_stays_a_duplicate_whatever_became_of_the_result(root):
    root.drop("gifs/cat.gif", "good")
    root.run()
    (root.folders.outputs / "cat.gif").unlink()
    root.drop("gifs/copy.gif", "good")
    root.run()
    assert root.states() == {"gifs/cat.gif": "done", "gifs/copy.gif": "duplicate"}
