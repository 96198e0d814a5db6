import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
from data_root import names

from daemon.settings.config import Watch


def test_a_drop_while_the_daemon_runs_comes_out(root):
    with root.running():
        root.wait_for("SELECT 1 FROM events WHERE event = 'started'")
        root.drop("gifs/cat.gif", "category=noisy")
        root.wait_for("SELECT 1 FROM jobs WHERE state = 'done'")
    assert root.inputs() == ["gifs/noisy/cat.gif"]
    assert list(root.outputs()) == ["cat.gif"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_clean_within_five_seconds_and_the_job_is_taken_up_again(root, number):
    root.drop("gifs/cat.gif", "sleep=60")
    process = root.start(once=False)
    root.wait_for("SELECT stage = 'restore' FROM jobs")

    asked = time.monotonic()
    os.kill(process.pid, number)
    process.join(10)

    assert time.monotonic() - asked < 5
    assert process.exitcode == 0
    assert root.states() == {"gifs/cat.gif": "queued"}
    assert root.value("SELECT failures FROM jobs") == 0
    assert names(root.path) == [
        ".gifrestored.lock", ".work", "catalogue.sqlite3", "frames", "gifs", "output_gifs", "quarantine", "raw_videos",
        "reference",
    ]  # fmt: skip
    with root.running():
        root.wait_for("SELECT attempt = 2 AND state = 'running' FROM jobs")


def test_a_file_that_failed_makes_no_failure_of_a_service_that_is_stopped(root):
    root.drop("gifs/bad.gif", "raise=Unreadable")
    with root.running() as process:
        root.wait_for("SELECT state = 'quarantined' FROM jobs")
    assert process.exitcode == 0


def test_a_killed_daemon_takes_its_worker_with_it(root):
    root.drop("gifs/cat.gif", "sleep=60")
    process = root.start(once=False)
    root.wait_for("SELECT stage = 'restore' FROM jobs")
    workers = children_of(process.pid)
    assert workers

    process.kill()
    process.join()

    end = time.monotonic() + 5
    while time.monotonic() < end and any(map(alive, workers)):
        time.sleep(0.05)
    assert not any(map(alive, workers))


def test_a_killed_worker_is_replaced_and_its_job_tried_again(root):
    root.config = replace(root.config, jobs=replace(root.config.jobs, retry_seconds=0.1))
    root.drop("gifs/cat.gif", "sleep=0.5")
    with root.running() as process:
        root.wait_for("SELECT state = 'running' FROM jobs")
        for worker in wait_for_children(process.pid):
            os.kill(worker, signal.SIGKILL)
        root.wait_for("SELECT state = 'done' FROM jobs")
    assert root.value("SELECT attempt FROM jobs") == 2
    assert list(root.outputs()) == ["cat.gif"]


def test_a_file_that_changes_while_it_is_processed_is_run_again_in_its_new_version(root):
    root.drop("gifs/cat.gif", "sleep=1 old")
    with root.running():
        root.wait_for("SELECT stage = 'restore' FROM jobs")
        root.drop("gifs/cat.gif", "new")
        root.wait_for("SELECT 1 FROM jobs WHERE state = 'done'")
    assert sorted(row[0] for row in root.rows("SELECT state FROM jobs")) == ["done", "superseded"]
    assert root.outputs() == {"cat.gif": "restored:cat:new"}
    assert root.inputs() == ["gifs/blurry/cat.gif"]


def test_a_file_that_another_takes_the_place_of_is_run_again_in_its_new_version(root):
    root.drop("gifs/cat.gif", "sleep=1 old")
    with root.running():
        root.wait_for("SELECT stage = 'restore' FROM jobs")
        root.drop("new", "new").rename(root.folders.gifs / "cat.gif")
        root.wait_for("SELECT 1 FROM jobs WHERE state = 'done'")
    assert root.outputs() == {"cat.gif": "restored:cat:new"}


def test_a_file_removed_while_it_is_processed_leaves_its_result_and_no_trouble(root):
    file = root.drop("gifs/cat.gif", "sleep=0.7")
    with root.running():
        root.wait_for("SELECT stage = 'restore' FROM jobs")
        file.unlink()
        root.drop("gifs/next.gif", "next")
        root.wait_for("SELECT 1 FROM jobs WHERE name = 'next' AND state = 'done'")
        root.wait_for("SELECT 1 FROM jobs WHERE name = 'cat' AND state = 'done'")
    assert root.outputs()["cat.gif"] == "restored:cat:sleep=0.7"


def test_what_others_read_in_the_output_folder_is_always_whole(root):
    big = "category=noisy " + "x" * 2_000_000
    with root.running():
        root.wait_for("SELECT 1 FROM events WHERE event = 'started'")
        root.drop("gifs/big.gif", big)
        seen = []
        end = time.monotonic() + 15
        while time.monotonic() < end and not seen:
            seen = [f.stat().st_size for f in root.folders.outputs.glob("*.gif")]
    assert seen == [len("restored:big:" + big)]


def test_unfinished_downloads_are_taken_under_their_final_name_only(root):
    root.config = replace(root.config, watch=Watch(settle_seconds=0.1))
    with root.running():
        root.wait_for("SELECT 1 FROM events WHERE event = 'started'")
        part = root.drop("gifs/cat.gif.part", "half")
        time.sleep(0.4)
        part.write_text("half and half")
        part.rename(root.folders.gifs / "cat.gif")
        root.wait_for("SELECT 1 FROM jobs WHERE state = 'done'")
    assert root.outputs() == {"cat.gif": "restored:cat:half and half"}
    assert root.value("SELECT count(*) FROM jobs") == 1


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for_children(pid):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        if children := children_of(pid):
            return children
        time.sleep(0.01)
    raise TimeoutError


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_reload_takes_up_new_settings_without_a_restart(root):
    slow, quick = root.config, replace(root.config, watch=Watch(settle_seconds=0.05))
    root.config = replace(slow, watch=Watch(settle_seconds=3600))
    root.drop("gifs/cat.gif", "good")
    process = root.start(once=False, reload=lambda: quick)
    root.wait_for("SELECT 1 FROM events WHERE event = 'started'")
    assert root.states() == {}

    os.kill(process.pid, signal.SIGHUP)

    root.wait_for("SELECT 1 FROM jobs WHERE state = 'done'")
    process.terminate()
    process.join(10)
    assert process.exitcode == 0


def test_a_reload_says_which_settings_wait_for_a_restart(root, capfd):
    changed = replace(root.config, workers=2, watch=replace(root.config.watch, method="polling"))
    process = root.start(once=False, reload=lambda: changed)
    root.wait_for("SELECT 1 FROM events WHERE event = 'started'")

    os.kill(process.pid, signal.SIGHUP)

    told, end = "", time.monotonic() + 10
    while "a restart only" not in told and time.monotonic() < end:
        time.sleep(0.05)
        told += capfd.readouterr().err
    process.terminate()
    process.join(10)
    assert "settings=['workers', 'watch.method']" in told
