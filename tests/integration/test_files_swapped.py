"""Another file takes a name while the file of that name is restored."""

import os
import shutil

import pytest
from fake_executor import FakeExecutor

SWAPS = {
    "with its time": shutil.copy2,
    "with a new time": shutil.copyfile,
}


@pytest.fixture
def while_restored(root, monkeypatch):
    """Calls a function each time a file was restored and is not published yet."""
    root.make_executor = FakeExecutor

    def listen(act):
        monkeypatch.setattr("daemon.steps._listeners", [lambda step: act() if step == "restored" else None])

    return listen


@pytest.mark.parametrize("copy", SWAPS.values(), ids=SWAPS.keys())
def test_an_equal_copy_that_takes_the_name_of_a_file_at_work_does_not_cost_its_result(root, while_restored, copy):
    file = root.drop("gifs/cat.gif", "the same")

    def swap():
        copy(file, root.path / "gifs/.copy")
        (root.path / "gifs/.copy").replace(file)

    while_restored(swap)

    assert root.run() == 0
    assert root.run() == 0
    root.assert_exactly_once({"gifs/cat.gif": "the same"})
    assert root.value("SELECT attempt FROM jobs") == 1


def test_another_content_of_equal_size_and_time_is_restored_instead_of_the_one_it_replaced(root, while_restored):
    file = root.drop("gifs/cat.gif", "one")
    status = file.stat()

    def swap():
        if file.read_text() == "one":
            other = root.drop("gifs/.other", "two")
            os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
            other.replace(file)

    while_restored(swap)

    root.run()

    assert root.outputs() == {"cat.gif": "restored:cat:two"}


def test_a_link_that_takes_the_name_of_a_file_at_work_is_not_filed_in_its_place(root, while_restored, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("one")
    file = root.drop("gifs/cat.gif", "one")

    def swap():
        file.unlink(missing_ok=True)
        file.symlink_to(secret)

    while_restored(swap)

    root.run()

    assert root.states() == {"gifs/cat.gif": "superseded"}
    assert file.is_symlink() and secret.read_text() == "one"
