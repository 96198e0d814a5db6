"""A data root that is renamed or unmounted while the daemon runs is waited for."""

import shutil
import time

import pytest


def until(condition, within_s=15):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def away(root):
    return root.path.with_name("renamed")


def test_a_data_root_that_was_renamed_is_waited_for_and_gone_on_with(root, away, capfd):
    with root.running() as process:
        root.wait_for("SELECT 1 FROM events WHERE event = 'started'")
        root.path.rename(away)
        time.sleep(2.5)
        assert process.is_alive()
        away.rename(root.path)
        root.drop("gifs/cat.gif", "cat")
        root.wait_for("SELECT state = 'done' FROM jobs")
    assert process.exitcode == 0
    told = capfd.readouterr().err
    assert told.count("the data root was gone: waiting") == 1 and "the data root is there again" in told
    assert "Traceback" not in told


def test_a_job_that_was_cut_off_by_it_is_done_again_and_has_not_failed(root, away):
    root.drop("gifs/cat.gif", "sleep=3")
    with root.running() as process:
        root.wait_for("SELECT stage = 'restore' FROM jobs")
        root.path.rename(away)
        time.sleep(4)
        assert process.is_alive()
        assert not root.path.exists()
        away.rename(root.path)
        root.wait_for("SELECT state = 'done' FROM jobs")
    assert root.value("SELECT failures FROM jobs") == 0
    root.assert_exactly_once({"gifs/cat.gif": "sleep=3"})


def test_a_daemon_whose_data_root_is_gone_stops_cleanly_and_its_job_is_taken_up_later(root, away):
    root.drop("gifs/cat.gif", "sleep=1")
    with root.running() as process:
        root.wait_for("SELECT stage = 'restore' FROM jobs")
        root.path.rename(away)
        time.sleep(2)
    assert process.exitcode == 0
    away.rename(root.path)
    assert root.run() == 0
    root.assert_exactly_once({"gifs/cat.gif": "sleep=1"})


def test_another_folder_in_its_place_is_left_alone(root, away, capfd):
    with root.running() as process:
        root.wait_for("SELECT 1 FROM events WHERE event = 'started'")
        root.path.rename(away)
        shutil.copytree(away, root.path)
        other = root.drop("gifs/other.gif", "other")
        until(lambda: "restart the daemon" in capfd.readouterr().err)
        time.sleep(1.5)
        assert process.is_alive()
        assert other.exists() and root.states() == {}
    assert process.exitcode == 0
    assert (root.path / "catalogue.sqlite3").exists()


def test_a_single_run_does_not_wait_for_it(root, away):
    root.drop("gifs/cat.gif", "sleep=2")
    process = root.start(once=True)
    root.wait_for("SELECT stage = 'restore' FROM jobs")
    root.path.rename(away)
    process.join(15)
    assert process.exitcode == 1
