import errno
import os
from pathlib import Path

import pytest
from data_root import names
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.digests import digest_of
from daemon.publishing.publish import move, publish, publish_folder, remove_frames, sweep


@pytest.fixture
def staged(tmp_path):
    file = tmp_path / "staged"
    file.write_text("whole")
    (tmp_path / "out").mkdir()
    return file


def refuse(number):
    def call(*_, **__):
        raise OSError(number, os.strerror(number))

    return call


@pytest.mark.parametrize("no_links", [None, errno.EXDEV, errno.EPERM])
def test_a_published_file_is_whole_and_nothing_else_is_left(staged, monkeypatch, no_links):
    if no_links:
        monkeypatch.setattr("os.link", refuse(no_links if no_links != errno.EXDEV else errno.EPERM))
    publish(staged, staged.parent / "out" / "a.gif")
    assert {f.name: f.read_text() for f in (staged.parent / "out").iterdir()} == {"a.gif": "whole"}
    assert staged.read_text() == "whole"


def test_content_and_names_are_on_the_disk_before_a_file_counts_as_published(staged, monkeypatch):
    synced, real = [], os.fsync

    def fsync(descriptor):
        synced.append("folder" if Path(f"/proc/self/fd/{descriptor}").is_dir() else "file")
        assert (staged.parent / "out" / "a.gif").exists() == (synced[-1] == "folder")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    publish(staged, staged.parent / "out" / "a.gif")
    assert synced == ["file", "folder"]


def test_a_name_that_is_taken_is_left_alone(staged):
    taken = staged.parent / "out" / "a.gif"
    taken.write_text("somebody's")
    with pytest.raises(FileExistsError):
        publish(staged, taken)
    with pytest.raises(FileExistsError):
        move(staged, taken)
    assert (taken.read_text(), staged.read_text()) == ("somebody's", "whole")
    assert names(taken.parent) == ["a.gif"]


@pytest.mark.parametrize("put", [publish, move])
def test_a_folder_that_somebody_removed_is_made_again_but_not_the_one_around_it(staged, put):
    with pytest.raises(FileNotFoundError):
        put(staged, staged.parent / "gone" / "noisy" / "a.gif")
    put(staged, staged.parent / "noisy" / "a.gif")
    assert (staged.parent / "noisy" / "a.gif").read_text() == "whole"


def test_a_file_in_the_place_of_the_folder_is_left_alone(staged):
    (staged.parent / "taken").write_text("somebody's")
    with pytest.raises(NotADirectoryError):
        publish(staged, staged.parent / "taken" / "a.gif")
    assert (staged.parent / "taken").read_text() == "somebody's"


def test_a_full_disk_leaves_nothing_half_written(staged, monkeypatch):
    monkeypatch.setattr("os.link", refuse(errno.EPERM))
    monkeypatch.setattr("shutil.copy2", refuse(errno.ENOSPC))
    with pytest.raises(OSError, match="No space"):
        publish(staged, staged.parent / "out" / "a.gif")
    assert names(staged.parent / "out") == []


@pytest.mark.parametrize("where", ["same", "no links", "another file system"])
def test_a_moved_file_is_in_one_place(staged, monkeypatch, where):
    source, target = staged, staged.parent / "out" / "a.gif"
    before = source.stat().st_mtime_ns
    if where == "no links":
        monkeypatch.setattr("os.link", refuse(errno.EPERM))
    elif where == "another file system":
        links = iter([errno.EXDEV, errno.EXDEV])
        real = os.link

        def link(*args, **kwargs):
            number = next(links, None)
            if number:
                raise OSError(number, os.strerror(number))
            real(*args, **kwargs)

        monkeypatch.setattr("os.link", link)
    move(source, target)
    assert not source.exists() and target.read_text() == "whole"
    assert target.stat().st_mtime_ns == before


@pytest.fixture
def frames(tmp_path):
    """A staged folder of one frame, and a published one of the same name."""
    for folder in ("staged", "out"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "00000.png").write_text(folder)
    return tmp_path / "staged", tmp_path / "out"


def test_a_folder_is_not_put_in_the_place_of_another(frames):
    staged, taken = frames
    with pytest.raises(FileExistsError):
        publish_folder(staged, taken)
    assert (taken / "00000.png").read_text() == "out"
    (taken / "00000.png").write_text("staged")
    publish_folder(staged, taken)
    assert names(taken) == ["00000.png"]


@pytest.mark.parametrize("crosses", [False, True])
def test_a_published_folder_is_whole_and_nothing_else_is_left(frames, monkeypatch, crosses):
    staged, taken = frames
    if crosses:
        real = Path.rename
        monkeypatch.setattr(Path, "rename", lambda old, new: refuse(errno.EXDEV)() if old == staged else real(old, new))
    publish_folder(staged, taken.with_name("new"))
    assert (taken.with_name("new") / "00000.png").read_text() == "staged"
    assert names(taken.parent) == ["new", "out", *(["staged"] if crosses else [])]


def test_of_a_folder_of_frames_only_the_frames_are_removed(frames):
    _, published = frames
    (published / "notes.txt").write_text("mine")
    (published / "00000-retouched.png").write_text("mine too")
    remove_frames(published)
    assert names(published) == ["00000-retouched.png", "notes.txt"]
    for file in published.iterdir():
        file.rename(published.parent / file.name)
    remove_frames(published)
    assert not published.exists()


def test_what_a_crash_left_behind_is_swept_and_nothing_else(tmp_path):
    (tmp_path / ".gifrestored-1-abc.tmp").write_text("half")
    (tmp_path / "mine.tmp").write_text("mine")
    sweep(tmp_path)
    assert names(tmp_path) == ["mine.tmp"]


@settings(max_examples=30, deadline=None)
@given(one=st.binary(max_size=64), other=st.binary(max_size=64))
def test_two_files_have_one_hash_exactly_when_they_are_equal(tmp_path_factory, one, other):
    folder = tmp_path_factory.mktemp("hash")
    (folder / "one").write_bytes(one)
    (folder / "other").write_bytes(other)
    assert (digest_of(folder / "one") == digest_of(folder / "other")) == (one == other)
