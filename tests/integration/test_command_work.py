from pathlib import Path

from daemon.commands.status import duration
from daemon.commands.work import work_on_each
from daemon.execution.calls import Call


def ask(child, file):
    if file.name == "dies":
        return child.call(Call("os._exit", int)(status=3))
    if file.name == "fails":
        return child.call(Call("os.path.getsize", int)(filename="/nowhere"))
    return child.call(Call("os.getpid", int)())


def told(*names):
    return list(work_on_each([Path(name) for name in names], ask))


def test_files_share_one_worker_so_that_a_model_stays_warm():
    first, second = told("one", "two")
    assert first.result == second.result


def test_a_file_that_fails_is_told_and_the_next_one_is_taken_up():
    failed, after = told("fails", "one")
    assert failed.error
    assert after.result


def test_a_file_that_kills_its_worker_is_told_and_the_next_one_gets_a_new_worker():
    before, died, after = told("one", "dies", "two")
    assert "exit code 3" in died.error
    assert after.result
    assert after.result != before.result


def test_times_are_told_in_units_for_people():
    assert [duration(s) for s in (0.4, 119, 120, 7300, 200_000)] == ["0 s", "119 s", "2 min", "2 h", "2 days"]
