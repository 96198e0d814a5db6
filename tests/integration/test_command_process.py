"""`gifrestored process` writes its results beside what is there, with the fake pipeline."""

import os
from functools import partial

import pytest
from data_root import DataRoot, names

from daemon.commands.process import process
from daemon.execution.child import Child
from daemon.settings.config import Config


@pytest.fixture
def restore(tmp_path, monkeypatch):
    """Restores files, given by their path under a folder and their text, into `out/` with their frames."""
    monkeypatch.setenv("PYTHONPATH", str(DataRoot.tests), prepend=os.pathsep)
    monkeypatch.setattr("daemon.commands.work.Child", partial(Child, "fake_pipeline"))

    def run(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_text(text)
        (tmp_path / "out").mkdir(exist_ok=True)
        assert process([tmp_path / path for path in files], tmp_path / "out", Config(keep_frames=True), False) == 0
        return tmp_path / "out"

    return run


def frames(out, side="input"):
    return {folder.name: (folder / "0001.png").read_text() for folder in (out / "frames" / side).iterdir()}


def test_two_inputs_of_one_name_keep_the_frames_of_both_under_the_names_of_their_results(restore):
    out = restore({"a/x.gif": "one", "b/x.gif": "two"})

    assert sorted(frames(out).values()) == sorted(frames(out, "enhanced").values()) == ["one", "two"]
    assert {f"{name}.gif" for name in frames(out)} == {file.name for file in out.glob("*.gif")}


def test_a_folder_of_the_users_own_is_left_as_it_is(restore, tmp_path):
    own = tmp_path / "out" / "frames" / "input" / "x"
    own.mkdir(parents=True)
    (own / "holiday.png").write_text("precious")

    out = restore({"a/x.gif": "one"})

    assert names(own) == ["holiday.png"]
    (other,) = (folder for folder in own.parent.iterdir() if folder != own)
    assert other.name.startswith("x-") and (other / "0001.png").read_text() == "one"
    assert frames(out, "enhanced") == {other.name: "one"}


def test_the_same_input_processed_again_leaves_what_it_wrote_as_it_is(restore):
    restore({"a/x.gif": "one"})
    out = restore({"a/x.gif": "one"})

    assert frames(out) == frames(out, "enhanced") == {"x": "one"}
    assert [file.name for file in out.glob("*.gif")] == ["x.gif"]
