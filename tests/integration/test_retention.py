import os
import shutil
import time
from contextlib import closing

from daemon.catalogue import open_catalogue
from daemon.publishing.retention import expire
from daemon.settings.config import Retention

DAY_S = 86400


def age(path, days):
    """Make a file or folder look this old."""
    then = time.time() - days * DAY_S
    os.utime(path, (then, then))


def finished_days_ago(root, days):
    root.write("UPDATE jobs SET finished_at = ?", days_ago(days))


def days_ago(days):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - days * DAY_S))


def test_by_default_everything_is_kept_for_ever(root):
    root.drop("gifs/cat.gif", "good")
    root.run(keep_frames=True)
    finished_days_ago(root, 1000)
    before = root.inputs()

    root.run()

    assert root.inputs() == before


def test_old_inputs_frames_and_quarantined_files_go_and_results_stay(root):
    root.drop("gifs/cat.gif", "good")
    root.drop("raw_videos/bad.mp4", "raise=Unreadable")
    root.run(keep_frames=True)
    finished_days_ago(root, 3)
    age(root.folders.frames / "input" / "cat", 3)
    age(root.folders.frames / "enhanced" / "cat", 1)

    root.run(retention=Retention(inputs_days=2, frames_days=2, quarantine_days=2))

    assert root.inputs() == []
    assert list(root.outputs()) == ["cat.gif"]
    assert not (root.folders.frames / "input" / "cat").exists()
    assert (root.folders.frames / "enhanced" / "cat").exists()
    assert root.value("SELECT count(*) FROM events WHERE event = 'expired'") == 2
    assert root.states() == {"gifs/cat.gif": "done", "raw_videos/bad.mp4": "quarantined"}


def test_a_duplicate_is_kept_until_its_original_was_done_long_enough_ago(root):
    root.drop("gifs/cat.gif", "raise=WeightsMissing")
    root.run()
    root.drop("gifs/copy.gif", "raise=WeightsMissing")
    root.run()
    assert root.states() == {"gifs/cat.gif": "queued", "gifs/copy.gif": "duplicate"}
    root.write("UPDATE jobs SET finished_at = ? WHERE state = 'duplicate'", days_ago(30))
    keep = {"inputs_days": 7}

    root.run(retention=keep)
    assert root.inputs() == ["gifs/cat.gif", "gifs/copy.gif"]

    root.write("UPDATE jobs SET state = 'done', finished_at = ? WHERE name = 'cat'", days_ago(1))
    root.run(retention=keep)
    assert root.inputs() == ["gifs/cat.gif", "gifs/copy.gif"]

    root.write("UPDATE jobs SET finished_at = ? WHERE name = 'cat'", days_ago(8))
    root.run(retention=keep)
    assert root.inputs() == []


def test_what_is_younger_than_the_setting_stays(root):
    root.drop("gifs/cat.gif", "good")
    root.run()
    finished_days_ago(root, 1)

    root.run(retention=Retention(inputs_days=2))

    assert root.inputs() == ["gifs/blurry/cat.gif"]


def test_another_file_that_took_an_old_inputs_place_stays(root):
    root.drop("raw_videos/film.mp4", "version 1")
    root.run()
    root.drop("raw_videos/film.mp4", "version two")
    root.run()
    root.write("UPDATE jobs SET finished_at = '2000' WHERE id = 1")

    root.run(retention=Retention(inputs_days=2))

    assert "raw_videos/film.mp4" in root.inputs()


def test_folders_of_frames_that_somebody_removed_keep_nothing_else(root):
    root.drop("gifs/cat.gif", "good")
    root.run(keep_frames=True)
    age(root.folders.frames / "enhanced" / "cat", 3)
    shutil.rmtree(root.folders.frames / "input")

    with closing(open_catalogue(root.folders.catalogue)) as db:
        assert expire(db, root.folders, Retention(frames_days=2)) == 1

    assert list((root.folders.frames / "enhanced").iterdir()) == []


def test_an_error_in_expiring_is_told_and_the_work_goes_on(root, monkeypatch, capsys):
    def fail(*_):
        raise OSError(5, "Input/output error", "frames")

    monkeypatch.setattr("daemon.service.upkeep.expire", fail)
    root.drop("gifs/cat.gif", "good")

    assert root.run() == 0

    assert root.states() == {"gifs/cat.gif": "done"}
    assert "Input/output error: 'frames'" in capsys.readouterr().err
