"""Bugs that users of other watch-folder daemons reported, and that no other test here is named after."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from data_root import names
from structlog.testing import capture_logs
from test_inbox import Found

from daemon.execution.calls import MEASURE_FILE, Call
from daemon.execution.child import Child
from daemon.inbox.watching import _MAX_PATHS, Hints
from pipeline.errors import Unreadable
from pipeline.settings import Settings


@pytest.fixture
def found(tmp_path):
    with Found(tmp_path) as found:
        found.settled()
        yield found


def test_a_scanner_that_opens_a_file_again_makes_it_no_new_one(found):
    file = found.folders.gifs / "a.gif"
    file.write_text("a")
    found.wait(1)
    for flags in (os.O_RDONLY, os.O_RDWR):
        os.close(os.open(file, flags))
    assert found.settled() == [("gifs/a.gif", 1)]


def test_a_slow_copy_that_opens_the_file_for_each_piece_is_taken_once_and_whole(found):
    for _ in range(10):
        with (found.folders.gifs / "slow.gif").open("a") as file:
            file.write("piece ")
        time.sleep(0.03)
        found.take()
    found.wait(1)
    assert found.settled() == [("gifs/slow.gif", 60)]


def test_an_empty_file_is_not_taken_before_its_content_comes(found):
    file = found.folders.gifs / "a.gif"
    file.touch()
    time.sleep(0.4)
    found.take()
    assert found.seen == []
    file.write_text("content")
    assert found.wait(1) == [("gifs/a.gif", 7)]


def test_a_file_that_stays_empty_is_taken_so_that_somebody_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("daemon.inbox.inbox.EMPTY_PATIENCE_S", 0.2)
    with Found(tmp_path) as found:
        (found.folders.gifs / "a.gif").touch()
        assert found.wait(1) == [("gifs/a.gif", 0)]


def test_a_mount_that_comes_late_is_looked_into(tmp_path, monkeypatch):
    monkeypatch.setattr("daemon.inbox.inbox.HEALTH_S", 0.1)
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "a.mp4").write_text("a")
    with Found(tmp_path) as found:
        found.settled()
        found.folders.raw_videos.rename(tmp_path / "mount-point")
        disk.rename(found.folders.raw_videos)
        assert found.wait(1) == [("raw_videos/a.mp4", 1)]
        (found.folders.raw_videos / "b.mp4").write_text("b")
        assert found.wait(2) == [("raw_videos/a.mp4", 1), ("raw_videos/b.mp4", 1)]


def test_a_network_file_system_is_polled_without_being_told_to(tmp_path, monkeypatch):
    monkeypatch.setattr("daemon.inbox.watching.file_system", lambda path: "nfs4")
    monkeypatch.setattr("watchdog.observers.Observer", lambda: pytest.fail("events were asked for"))
    with Found(tmp_path, poll_seconds=0.1) as found:
        found.settled()
        (found.folders.gifs / "a.gif").write_text("a")
        assert found.wait(1) == [("gifs/a.gif", 1)]


def test_an_exhausted_watch_limit_is_warned_of_once(tmp_path, monkeypatch):
    def exhausted(*_, **__):
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.inotify.InotifyObserver.schedule", exhausted)
    monkeypatch.setattr("daemon.inbox.inbox.HEALTH_S", 0.05)
    with capture_logs() as logs, Found(tmp_path, poll_seconds=0.1) as found:
        found.settled()
        time.sleep(0.5)
    assert [entry["log_level"] for entry in logs].count("warning") == 1


@pytest.mark.parametrize("dies", ["emitter", "reader"])
def test_a_thread_of_the_watch_that_died_is_replaced_and_what_it_missed_is_found(tmp_path, monkeypatch, dies):
    monkeypatch.setattr("daemon.inbox.inbox.HEALTH_S", 0.1)
    with Found(tmp_path) as found:
        found.settled()
        for emitter in found._inbox._watcher._observer.emitters:
            dead = emitter if dies == "emitter" else emitter._inotify_fd
            dead.stop()
            dead.join()
        (found.folders.gifs / "a.gif").write_text("a")
        assert found.wait(1) == [("gifs/a.gif", 1)]
        (found.folders.gifs / "b.gif").write_text("b")
        assert found.wait(2) == [("gifs/a.gif", 1), ("gifs/b.gif", 1)]


def test_more_events_than_can_be_trusted_make_a_rescan(found):
    from watchdog.events import FileCreatedEvent

    hints = Hints(found._inbox._wake)
    for number in range(_MAX_PATHS + 1):
        hints.on_any_event(FileCreatedEvent(f"{number}.gif"))
    paths, overflowed = hints.take()
    assert overflowed and len(paths) == _MAX_PATHS
    assert hints.take() == (set(), False)


def test_an_overflow_of_the_kernels_queue_makes_a_rescan(found):
    from watchdog.observers import inotify_c

    file = found.folders.gifs / "a.gif"
    emitter = next(iter(found._inbox._watcher._observer.emitters))
    lost = inotify_c.InotifyEvent(-1, inotify_c.InotifyConstants.IN_Q_OVERFLOW, 0, b"")
    found._inbox._hints.on_any_event = lambda event: None  # as if the kernel had told nothing of the file
    file.write_text("a")
    time.sleep(0.3)
    found.take()
    assert found.seen == []
    emitter._inotify_fd.handle_event(lost)
    assert found.wait(1) == [("gifs/a.gif", 1)]


def test_a_success_without_a_file_is_a_failure(root):
    root.drop("gifs/cat.gif", "unwritten")

    assert root.run(jobs={"retry_seconds": 0.01, "max_attempts": 2}) == 1

    assert root.states() == {"gifs/cat.gif": "quarantined"}
    assert root.outputs() == {}
    assert root.value("SELECT count(*) FROM clips") == 0


def test_a_file_is_not_queued_twice_while_it_is_processed(root):
    file = root.drop("gifs/cat.gif", "sleep=1")
    with root.running():
        root.wait_for("SELECT stage = 'restore' FROM jobs")
        for _ in range(3):
            os.utime(file)
            time.sleep(0.2)
        root.wait_for("SELECT state = 'done' FROM jobs")
    assert root.states() == {"gifs/cat.gif": "done"}
    assert root.value("SELECT attempt FROM jobs") == 1


def test_duplicates_are_told_once_and_not_at_each_start(root):
    root.drop("gifs/cat.gif", "the same")
    root.run()
    root.drop("gifs/copy.gif", "the same")
    for _ in range(3):
        root.run()
    assert root.value("SELECT count(*) FROM events WHERE event = 'duplicate'") == 1


def test_every_change_of_a_jobs_state_has_an_event(root):
    root.drop("gifs/cat.gif", "once=OutOfMemory")
    root.run(jobs={"retry_seconds": 0.01})
    told = [row[0] for row in root.rows("SELECT event FROM events WHERE job_id = 1 ORDER BY id")]
    assert told == ["queued", "claimed", "failed", "claimed", "publishing", "done"]


def test_one_worker_serves_file_after_file(root, monkeypatch):
    from daemon.execution import local

    started, real = [], local.Child
    monkeypatch.setattr(local, "Child", lambda *told: started.append(1) or real(*told))
    for number in range(3):
        root.drop(f"gifs/{number}.gif", f"{number}")
    assert root.run() == 0
    assert len(started) == 1


def test_a_killed_workers_own_children_go_with_it():
    with Child() as child:
        assert child.call(Call("os.system", int)(command="sleep 1000 &")) == 0
        group = child.pid
        assert members(group) - {group}
    end = time.monotonic() + 5
    while members(group) and time.monotonic() < end:
        time.sleep(0.02)
    assert members(group) == set()


def members(group):
    """The living processes of a process group."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.add(int(process.name))
    return found


def test_an_inbox_that_died_withholds_the_sign_of_life(root, monkeypatch):
    told = []
    monkeypatch.setattr("daemon.service.systemd.notify", lambda *states: told.append(states[0]))
    monkeypatch.setattr("daemon.inbox.inbox.Inbox.is_alive", lambda self: False)
    root.drop("gifs/cat.gif", "sleep=1.5")
    root.run()
    assert "READY=1" in told and "WATCHDOG=1" not in told


@pytest.mark.parametrize("lost", ["removed", "changed"])
def test_where_a_file_is_lost_before_its_turn_its_duplicate_is_restored(root, lost):
    cat = root.drop("gifs/cat.gif", "same")
    time.sleep(0.02)
    root.drop("gifs/copy.gif", "same")
    root.crash("recorded")
    if lost == "removed":
        cat.unlink()
    else:
        cat.write_text("other content")
    root.run()
    assert root.run() == 0
    assert root.outputs()["copy.gif"] == "restored:copy:same"
    assert root.states()["gifs/copy.gif"] == "done"
    root.drop("gifs/cat.gif", "same")
    root.run()
    assert sorted(root.outputs()) == (["copy.gif"] if lost == "removed" else ["cat.gif", "copy.gif"])


def test_a_file_that_is_renamed_while_it_is_restored_is_filed_under_its_new_name(root):
    file = root.drop("gifs/cat.gif", "sleep=2.5 category=noisy")
    with root.running():
        root.wait_for("SELECT stage = 'restore' FROM jobs")
        file.rename(root.path / "gifs/dog.gif")
        root.wait_for("SELECT state = 'done' FROM jobs")
    assert root.value("SELECT path FROM jobs") == root.inputs()[0]
    assert root.inputs()[0].startswith("gifs/noisy/")
    assert root.run() == 0
    assert root.value("SELECT count(*) FROM jobs") == 1


def test_a_file_of_the_far_future_holds_up_no_other(root):
    far = root.drop("gifs/a.gif", "one")
    root.drop("gifs/b.gif", "two")
    os.utime(far, ns=(2**63 + 10**12, 2**63 + 10**12))
    if far.stat().st_mtime_ns < 2**63:
        pytest.skip("this file system holds no such time")
    assert root.run() == 0
    assert list(root.outputs()) == ["a.gif", "b.gif"]


def test_a_file_with_the_longest_name_is_quarantined_with_the_reason(root):
    root.drop(f"gifs/{'a' * 250}.gif", "raise=Unreadable")
    root.run()
    assert [len(name) for name in names(root.folders.quarantine)] == [251, 255]
    assert "Unreadable was asked for" in (root.folders.quarantine / names(root.folders.quarantine)[1]).read_text()


@pytest.mark.parametrize("name", ["a\uf780", "\uf7ff\uf700", os.fsdecode(b"\xff\xfe")])
def test_a_name_of_private_characters_or_of_no_characters_is_found_again(root, name):
    root.drop(f"gifs/{name}.gif", "good")
    root.run()
    assert root.run() == 0
    assert list(root.states().values()) == ["done"]
    assert root.inputs() == [f"gifs/blurry/{name}.gif"]
    assert len(root.outputs()) == 1


def test_an_error_that_names_a_file_of_no_characters_is_told(tmp_path):
    broken = tmp_path / os.fsdecode(b"broken\xff.gif")
    broken.write_bytes(b"GIF89a")
    with Child() as child, pytest.raises(Unreadable, match=r"^broken%FF\.gif ends"):
        child.call(MEASURE_FILE(source=broken, name="broken", settings=Settings()))


def test_a_result_does_not_take_the_place_of_anothers_frames(root):
    root.drop("gifs/cat.gif", "first")
    root.run(keep_frames=True)
    for file in root.folders.outputs.iterdir():
        file.unlink()
    root.drop("gifs/new/cat.gif", "second")
    root.run(keep_frames=True)
    frames = root.folders.frames / "input"
    assert sorted((folder / "0001.png").read_text() for folder in frames.iterdir()) == ["first", "second"]
