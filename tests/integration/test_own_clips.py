"""The daemon knows the clips that it made of a video by their mark, also with a catalogue that knows nothing."""

from dataclasses import replace

import pytest
from fake_executor import FakeExecutor
from test_run import moving_face, video

from daemon.execution.local import LocalExecutor
from daemon.inbox.marks import mark_of


def marked(comment: bytes) -> str:
    """The text of a GIF whose header, loop extension and comment are whole; what follows is for the fake pipeline."""
    sub_blocks = b"".join(bytes([len(c)]) + c for c in (comment[i : i + 127] for i in range(0, len(comment), 127)))
    head = b"GIF89a\1\0\1\0\0\0\0" + b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0" + b"!\xfe" + sub_blocks + b"\0,"
    return head.decode("latin-1")


def own(category: str) -> bytes:
    return f"{mark_of('5' * 64)} {category} film-{'1' * 150}".encode()


@pytest.fixture
def drop(root):
    root.make_executor = FakeExecutor

    def write(path, comment):
        (root.path / path).write_bytes(marked(comment).encode("latin-1"))

    return write


def test_a_videos_own_clips_are_no_inputs_for_a_new_catalogue(root):
    video(root.folders.raw_videos / "talk.mp4", moving_face(3, 64))
    root.config = replace(root.config, restorer="classic", background="classic")
    fake, root.make_executor = root.make_executor, LocalExecutor
    assert root.run() == 0
    (clip,) = (path for path in root.inputs() if path.startswith("gifs/"))
    root.folders.catalogue.rename(root.path / "old.sqlite3")
    root.make_executor = fake

    root.run()

    assert list(root.states()) == ["raw_videos/talk.mp4"]
    assert clip in root.inputs()
    assert root.value("SELECT origin FROM files WHERE path = ?", clip) == "daemon"


@pytest.mark.parametrize("path", ["gifs/noisy/film.gif", "gifs/other name.gif"])
def test_a_marked_clip_is_left_alone_in_its_category_and_under_any_name_and_this_is_told_once(root, drop, capsys, path):
    drop(path, own("noisy"))
    root.run()
    root.run()
    assert root.states() == {}
    assert root.inputs() == [path]
    (told,) = (line for line in capsys.readouterr().err.splitlines() if "the daemon made itself" in line)
    assert path in told


def test_a_marked_clip_that_is_put_into_another_category_is_restored_as_that(root, drop):
    drop("gifs/blurry/film.gif", own("noisy"))
    root.run()
    assert root.states() == {"gifs/blurry/film.gif": "done"}
    assert root.value("SELECT category FROM latest") == "blurry"


@pytest.mark.parametrize(
    "comment", [b"made with love", b"gifrestored", b"gifrestored categorised", b"gifrestored categorised 5 loud film"]
)
def test_any_other_comment_is_nobodys_mark(root, drop, comment):
    drop("gifs/film.gif", comment)
    root.run()
    assert root.states() == {"gifs/film.gif": "done"}


@pytest.mark.parametrize("length", [7, 13, 40, 60])
def test_a_file_that_ends_within_its_header_or_mark_is_an_input_like_any_other(root, drop, length):
    drop("gifs/film.gif", own("noisy"))
    whole = (root.path / "gifs/film.gif").read_bytes()
    (root.path / "gifs/film.gif").write_bytes(whole[:length])
    root.run()
    assert len(root.states()) == 1
