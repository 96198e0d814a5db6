import contextlib
import os
import shutil
import threading
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from daemon.folders import Folders
from daemon.inbox.arrivals import has_writer, open_input, read_settled
from daemon.inbox.inbox import Inbox
from daemon.inbox.mounts import file_system
from daemon.settings.config import Watch


class Found:
    """An inbox at work, and a ledger as simple as can be behind it."""

    def __init__(self, path, **watch):
        self.folders = Folders(path)
        self.folders.make()
        self.known = {}
        self.seen = []
        self._inbox = Inbox(self.folders, Watch(**({"settle_seconds": 0.1} | watch)), self._open, lambda: None)

    @contextlib.contextmanager
    def _open(self):
        yield lambda path, size, mtime: self.known.get(path) == (size, mtime)

    def __enter__(self):
        self._inbox.start()
        return self

    def __exit__(self, *_):
        self._inbox.stop()
        self._inbox.join(5)
        assert not self._inbox.is_alive()

    def take(self):
        for arrival in (arrivals := self._inbox.take()):
            path = os.path.relpath(arrival.path, self.folders.root)
            self.known[path] = arrival.size_bytes, arrival.mtime_ns
            self.seen.append((path, arrival.size_bytes))
        self._inbox.recorded(arrivals)

    def wait(self, count, within_s=10.0):
        end = time.monotonic() + within_s
        while time.monotonic() < end and len(self.seen) < count:
            self.take()
            time.sleep(0.01)
        return sorted(self.seen)

    def settled(self):
        """What was found once nothing more is on its way."""
        self._inbox.rescan()
        time.sleep(0.3)
        end = time.monotonic() + 10
        while time.monotonic() < end and not self._inbox.quiet:
            self.take()
            time.sleep(0.01)
        return sorted(self.seen)


@pytest.fixture
def found(tmp_path):
    with Found(tmp_path) as found:
        found.settled()
        yield found


def test_what_lies_there_at_the_start_is_found(tmp_path):
    (tmp_path / "gifs").mkdir()
    (tmp_path / "gifs" / "a.gif").write_text("a")
    with Found(tmp_path) as found:
        assert found.wait(1) == [("gifs/a.gif", 1)]


def test_a_drop_is_found_by_its_event_long_before_the_rescan(found):
    (found.folders.gifs / "a.gif").write_text("a")
    assert found.wait(1) == [("gifs/a.gif", 1)]


@pytest.mark.parametrize("how", ["move", "hard link", "folder", "rename"])
def test_every_way_to_drop_is_noticed(found, tmp_path, how):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.gif").write_text("a")
    target = found.folders.raw_videos / "sub"
    if how == "folder":
        shutil.move(outside, target)
    else:
        target.mkdir()
    if how == "move":
        (outside / "a.gif").rename(target / "a.gif")
    elif how == "hard link":
        (target / "a.gif").hardlink_to(outside / "a.gif")
    elif how == "rename":
        (outside / "a.gif").rename(target / "a.gif.part")
        time.sleep(0.15)
        (target / "a.gif.part").rename(target / "a.gif")
    assert found.wait(1) == [("raw_videos/sub/a.gif", 1)]


def test_polling_finds_the_same(tmp_path):
    with Found(tmp_path, method="polling", poll_seconds=0.1) as found:
        found.settled()
        (found.folders.gifs / "a.gif").write_text("a")
        assert found.wait(1) == [("gifs/a.gif", 1)]


def test_a_file_written_in_pieces_is_taken_once_and_whole(found):
    with (found.folders.gifs / "slow.gif").open("w") as file:
        for _ in range(5):  # each pause is longer than the time to settle
            file.write("piece ")
            file.flush()
            time.sleep(0.15)
            found.take()
    assert found.wait(1) == [("gifs/slow.gif", 30)]
    assert found.settled() == [("gifs/slow.gif", 30)]


def test_a_changed_file_is_found_again_in_its_new_version(found):
    file = found.folders.gifs / "a.gif"
    file.write_text("a")
    found.wait(1)
    file.write_text("longer")
    assert found.wait(2) == [("gifs/a.gif", 1), ("gifs/a.gif", 6)]


def test_links_fifos_folders_and_hidden_folders_are_left_alone(found, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "s.gif").write_text("secret")
    gifs = found.folders.gifs
    (gifs / "link.gif").symlink_to(secret / "s.gif")
    (gifs / "linked").symlink_to(secret)
    os.mkfifo(gifs / "fifo.gif")
    (gifs / "folder.gif").mkdir()
    (gifs / ".trash").mkdir()
    (gifs / ".trash" / "t.gif").write_text("t")
    (gifs / "real.gif").write_text("real")
    assert found.settled() == [("gifs/real.gif", 4)]


@pytest.mark.parametrize(
    "name", [b"new\nline.gif", b"not-utf8-\xff\xfe.gif", b"x" * 251 + b".gif", b"-rf.gif", b"CAT.GIF"]
)
def test_odd_names_are_names(found, name):
    (found.folders.gifs / os.fsdecode(name)).write_text("odd")
    assert found.wait(1) == [(f"gifs/{os.fsdecode(name)}", 3)]


def test_a_burst_of_many_writers_is_found_whole_and_nothing_twice(found):
    def write(writer):
        folder = found.folders.gifs / str(writer)
        folder.mkdir()
        for i in range(500):
            (folder / f"{i}.gif").write_text("x")

    writers = [threading.Thread(target=write, args=(i,)) for i in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found.wait(4000, within_s=30)
    names = [path for path, _ in found.settled()]
    assert len(names) == len(set(names)) == 4000


def test_a_watched_folder_that_is_replaced_is_watched_again(tmp_path, monkeypatch):
    monkeypatch.setattr("daemon.inbox.inbox.HEALTH_S", 0.1)
    with Found(tmp_path) as found:
        found.settled()
        shutil.rmtree(found.folders.raw_videos)
        time.sleep(0.3)
        found.folders.raw_videos.mkdir()
        (found.folders.raw_videos / "a.mp4").write_text("a")
        assert found.wait(1) == [("raw_videos/a.mp4", 1)]


def test_where_no_watch_can_be_had_it_polls(tmp_path, monkeypatch):
    def exhausted(*_, **__):
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("watchdog.observers.inotify.InotifyObserver.schedule", exhausted)
    with Found(tmp_path, poll_seconds=0.1) as found:
        found.settled()
        (found.folders.gifs / "a.gif").write_text("a")
        assert found.wait(1) == [("gifs/a.gif", 1)]


def test_a_file_that_cannot_be_read_arrives_with_the_reason(tmp_path, monkeypatch):
    file = tmp_path / "a.gif"
    file.write_text("a")

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("daemon.inbox.arrivals.open_input", refuse)
    found = file.stat()
    arrival = read_settled(file, found.st_size, found.st_mtime_ns)
    assert arrival.hash is None and arrival.error == "it can't be opened: Permission denied"


def test_a_file_that_changed_since_it_settled_does_not_arrive(tmp_path):
    file = tmp_path / "a.gif"
    file.write_text("a")
    assert read_settled(file, 2, file.stat().st_mtime_ns) is None


def test_a_newer_version_that_comes_while_the_older_is_recorded_is_not_lost(found):
    file = found.folders.gifs / "a.gif"
    file.write_text("old")
    end = time.monotonic() + 10
    while not (taken := found._inbox.take()) and time.monotonic() < end:
        time.sleep(0.01)
    file.write_text("newer")
    time.sleep(0.5)
    found._inbox.recorded(taken)
    newer = found._inbox.take()
    assert [arrival.size_bytes for arrival in newer] == [5]


def test_an_open_writer_is_noticed(tmp_path):
    file = tmp_path / "a.gif"
    with file.open("w"):
        descriptor = open_input(file)
        assert has_writer(descriptor)
    assert not has_writer(descriptor)
    os.close(descriptor)


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_only_regular_files_are_opened(tmp_path, kind):
    path = tmp_path / "x.gif"
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()
    with pytest.raises(OSError):
        open_input(path)


def test_the_file_systems_type_is_told():
    assert file_system(Path("/proc")) == "proc"


def test_a_file_of_another_kind_is_named_in_the_log_once(found):
    with capture_logs() as logs:
        for _ in range(3):
            (found.folders.gifs / "photo.jpg").write_text("a photograph")
            (found.folders.gifs / "half.gif.part").write_text("half a GIF")
            time.sleep(0.1)
        found.settled()
    assert [log["path"] for log in logs if "left alone" in log["event"]] == [str(found.folders.gifs / "photo.jpg")]
