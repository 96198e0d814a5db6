"""What passes by itself: a full disk, a locked catalogue, a folder that is unmounted for a while."""

import contextlib
import os
import sqlite3
import time

import pytest

from daemon.catalogue import drops, ledger, open_catalogue, open_for_writing
from daemon.folders import Folders
from daemon.inbox.mounts import Mounts
from daemon.publishing import filing, planning
from daemon.service import recovery, systemd
from daemon.service.lock import Refused
from daemon.service.signals import Alarm


def once_full(monkeypatch, where, name):
    """The first call ends like SQLite's on a full disk; later ones do what they always did."""
    real, calls = getattr(where, name), []

    def full_at_first(*args, **kwargs):
        calls.append(args)
        if len(calls) == 1:
            raise full()
        return real(*args, **kwargs)

    monkeypatch.setattr(where, name, full_at_first)
    return calls


def full():
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    return error


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (drops, "record_drops"),
        (ledger, "claim_job"),
        (ledger, "record_progress"),
        (planning, "plan_outcome"),
        (filing, "finish_job"),
    ],
)
def test_a_catalogue_that_could_not_be_written_for_a_while_loses_no_file(root, monkeypatch, where, name):
    calls = once_full(monkeypatch, where, name)
    root.drop("gifs/cat.gif", "sleep=0.1")

    assert root.run() == 0

    assert calls
    root.assert_exactly_once({"gifs/cat.gif": "sleep=0.1"})


def test_a_failed_attempt_that_could_not_be_recorded_is_made_again(root, monkeypatch):
    once_full(monkeypatch, ledger, "defer_job")
    root.drop("gifs/cat.gif", "once=OutOfMemory")
    root.run(jobs={"retry_seconds": 0.01})
    assert root.states() == {"gifs/cat.gif": "done"}


def test_a_full_disk_at_the_start_is_waited_for(root, monkeypatch):
    monkeypatch.setattr(recovery, "START_AGAIN_S", 0.01)
    starts = iter([full(), OSError(28, "No space left on device"), 0])

    def start():
        if isinstance(result := next(starts), Exception):
            raise result
        return result

    assert recovery.patiently(start, Alarm()) == 0


def test_a_job_of_a_clock_that_was_a_day_ahead_at_the_last_stop_does_not_wait_for_it(root, monkeypatch):
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 86400)
    root.drop("gifs/cat.gif", "once=OutOfMemory")
    root.run()
    assert root.states() == {"gifs/cat.gif": "queued"}
    monkeypatch.undo()
    monkeypatch.setenv("PYTHONPATH", str(root.tests), prepend=os.pathsep)

    assert root.run() == 0

    assert root.states() == {"gifs/cat.gif": "done"}


def test_a_clock_that_is_put_back_while_the_daemon_runs_keeps_no_job_waiting(root, monkeypatch):
    real, ahead = time.time, root.path / "ahead"
    ahead.touch()
    monkeypatch.setattr(time, "time", lambda: real() + 1800 * ahead.exists())
    root.drop("gifs/cat.gif", "once=OutOfMemory")
    with root.running():
        root.wait_for("SELECT error FROM jobs")
        ahead.unlink()
        root.wait_for("SELECT 1 FROM jobs WHERE state = 'done'")


@pytest.mark.parametrize("begin", [lambda start: recovery.patiently(start, Alarm()), recovery.at_once])
def test_what_does_not_pass_ends_the_start(begin):
    def start():
        raise PermissionError(13, "Permission denied")

    with pytest.raises(PermissionError):
        begin(start)


def test_a_single_run_over_a_catalogue_that_another_program_holds_says_what_to_do(root, monkeypatch):
    monkeypatch.setattr("daemon.catalogue.database.TIMEOUT_S", 0.01)
    root.run()
    with contextlib.closing(open_for_writing(root.folders.catalogue)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(Refused, match=r"database is locked; .* end the program that holds the catalogue"):
            root.run()


def test_a_catalogue_that_another_program_holds_is_not_told_to_be_damaged(tmp_path):
    folders = Folders(tmp_path)
    open_catalogue(folders.catalogue).close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recovery, "open_catalogue", lambda path: (_ for _ in ()).throw(full()))
        with pytest.raises(sqlite3.OperationalError):
            recovery.open_or_refuse(folders)


def test_while_the_disk_is_full_the_service_manager_is_told_that_the_daemon_lives(root, monkeypatch):
    told = []
    monkeypatch.setattr(systemd, "notify", lambda *states: told.append(states[0]))
    monkeypatch.setattr("daemon.service.supervisor.TICK_S", 0.01)
    calls = once_full(monkeypatch, ledger, "claim_job")
    root.drop("gifs/cat.gif", "good")
    root.run()
    assert calls and "WATCHDOG=1" in told


def test_the_job_of_an_unmounted_folder_waits_for_it(root, monkeypatch):
    disk, point, real = root.path / "disk", root.folders.raw_videos, ledger.claim_job
    monkeypatch.setattr("daemon.inbox.mounts.is_mount", lambda folder: folder == point and not disk.exists())

    def claim(db, *args):
        if ledger.may_claim(db) and not disk.exists():
            point.rename(disk)
            point.mkdir()  # the empty folder that it was mounted on
        return real(db, *args)

    monkeypatch.setattr(ledger, "claim_job", claim)
    root.drop("raw_videos/film.mp4", "clips=1")
    assert root.run() == 1
    assert [tuple(row) for row in root.rows("SELECT state, error_kind FROM jobs")] == [("queued", "Missing")]

    monkeypatch.setattr(ledger, "claim_job", real)
    point.rmdir()
    disk.rename(point)
    root.retry(failed=True)
    assert root.run() == 0
    assert root.states() == {"raw_videos/film.mp4": "done"}


def test_an_empty_folder_that_was_never_a_mount_is_simply_empty(tmp_path, monkeypatch):
    folders = Folders(tmp_path)
    folders.make()
    mounts = Mounts(folders)
    monkeypatch.setattr("daemon.inbox.mounts.is_mount", lambda folder: False)
    assert mounts.gone() == []
    folders.gifs.rename(tmp_path / "elsewhere")
    assert mounts.gone() == [folders.gifs]
    monkeypatch.setattr("daemon.inbox.mounts.is_mount", lambda folder: True)
    folders.gifs.mkdir()
    assert mounts.gone() == []
    monkeypatch.setattr("daemon.inbox.mounts.is_mount", lambda folder: False)
    assert mounts.gone() == list(folders.watched)
