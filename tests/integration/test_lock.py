"""One daemon to a data root, whatever happens to the files that lie in it."""

import errno
import fcntl
import os
import stat
import time

import pytest
from data_root import DataRoot

from daemon.commands.status import running_daemon
from daemon.service.lock import Refused, hold


def wait_for(told, within_s=15):
    end = time.monotonic() + within_s
    while not (answer := told()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return answer


def test_a_second_daemon_is_refused_after_the_lock_file_was_removed(root):
    root.drop("gifs/cat.gif", "sleep=5")
    with root.running():
        root.wait_for("SELECT stage = 'restore' FROM jobs")
        root.folders.lock.unlink()
        with pytest.raises(Refused, match="is held by"):
            root.run()
        assert root.states() == {"gifs/cat.gif": "running"}
        assert root.value("SELECT attempt FROM jobs") == 1


def test_status_names_the_daemon_again_after_its_lock_file_was_removed(root):
    with root.running() as process:
        root.wait_for("SELECT 1 FROM events WHERE event = 'started'")
        root.folders.lock.unlink()
        assert f"process {process.pid}" in wait_for(lambda: running_daemon(root.folders))
        assert f"process {process.pid} on " in wait_for(
            lambda: root.folders.lock.exists() and root.folders.lock.read_text()
        )


def test_a_second_daemon_is_refused_where_folders_can_not_be_locked(root, monkeypatch):
    """On NFS a folder, which can't be opened for writing, takes no exclusive lock; the file in it does."""
    real = fcntl.flock

    def flock(descriptor, operation):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", flock)
    with hold(root.folders), pytest.raises(Refused, match=f"is held by process {os.getpid()} on"):
        root.run()
    assert root.run() == 0


def test_a_daemon_whose_lock_another_holds_stops(root, monkeypatch):
    def flock(descriptor, operation, real=fcntl.flock):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EBADF, "Bad file descriptor")
        real(descriptor, operation)

    monkeypatch.setattr("fcntl.flock", flock)
    with hold(root.folders) as ours:
        root.folders.lock.unlink()
        with hold(root.folders), pytest.raises(Refused, match="has been taken by process"):
            ours.renew()


def test_a_data_root_is_free_again_when_its_daemon_has_ended(root):
    assert DataRoot(root.path).run() == 0
    assert root.run() == 0
    assert running_daemon(root.folders) is None
