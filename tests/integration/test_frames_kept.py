"""`keep_frames`: whose a folder of single frames is, and what becomes of it."""

from dataclasses import replace

import pytest
from data_root import names
from fake_executor import FakeExecutor


@pytest.fixture
def root(root):
    root.make_executor = FakeExecutor
    root.config = replace(root.config, keep_frames=True)
    return root


def frames(root, side="input"):
    return {folder.name: (folder / "0001.png").read_text() for folder in (root.folders.frames / side).iterdir()}


def test_the_frames_of_an_input_that_was_moved_and_renamed_go_with_it_and_its_old_name_is_free(root):
    root.drop("gifs/a.gif", "category=clean first")
    root.run()
    (root.folders.gifs / "clean" / "a.gif").rename(root.folders.gifs / "noisy" / "b.gif")
    root.run()
    assert frames(root) == frames(root, "enhanced") == {"b": "category=clean first"}

    root.drop("gifs/a.gif", "second")
    root.run()

    assert root.outputs() == {"a.gif": "restored:a:second", "b.gif": "restored:b:category=clean first"}
    assert frames(root) == {"a": "second", "b": "category=clean first"}


def test_a_folder_of_somebodys_own_neither_takes_a_results_name_nor_is_touched(root):
    own = root.folders.frames / "enhanced" / "a"
    own.mkdir()
    (own / "00000.png").write_text("precious")
    root.drop("gifs/a.gif", "first")

    root.run()

    assert list(root.outputs()) == ["a.gif"]
    assert (own / "00000.png").read_text() == "precious"
    (name,) = frames(root)
    assert name.startswith("a-") and names(own.parent) == ["a", name]


def test_a_folder_that_somebody_made_since_the_last_time_is_not_taken_for_the_jobs_own(root):
    root.drop("gifs/a.gif", "first")
    root.run(keep_frames=False)
    own = root.folders.frames / "input" / "a"
    own.mkdir()
    (own / "00000.png").write_text("precious")
    root.retry(ids=[1])

    root.run()

    assert (own / "00000.png").read_text() == "precious"
    assert list(root.outputs()) == ["a.gif"]
    assert list(frames(root, "enhanced").values()) == ["first"]


def test_a_job_that_is_done_again_replaces_its_own_frames(root):
    root.drop("gifs/a.gif", "first")
    root.run()
    root.retry(ids=[1])
    root.run()
    assert frames(root) == frames(root, "enhanced") == {"a": "first"}
    assert root.value("SELECT group_concat(path) FROM frame_folders") == "frames/enhanced/a,frames/input/a"


def test_a_job_that_is_done_again_without_keeping_frames_leaves_none_of_the_earlier_result(root):
    root.drop("gifs/a.gif", "first")
    root.run()
    root.retry(ids=[1])
    root.run(keep_frames=False)
    assert frames(root) == frames(root, "enhanced") == {}
    assert root.rows("SELECT * FROM frame_folders") == []


@pytest.mark.parametrize(("step", "nth"), [("published", 1), ("published", 2), ("published", 3), ("finished", 1)])
def test_killed_while_frames_are_published_it_has_them_once(root, step, nth):
    root.drop("gifs/a.gif", "first")
    root.crash(step, nth)
    root.run()
    assert list(root.outputs()) == ["a.gif"]
    assert frames(root) == frames(root, "enhanced") == {"a": "first"}


def test_frames_that_were_published_before_the_others_were_lost_are_there_once(root):
    root.drop("gifs/a.gif", "first")
    root.crash("published", 2)
    for folder in root.folders.work.rglob("enhanced"):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
    root.run()
    assert frames(root) == frames(root, "enhanced") == {"a": "first"}
