"""The promises that every executor keeps: the one of child processes, and the one of the tests in this process."""

import contextlib
import dataclasses
import threading
import time

import pytest
from data_root import FAKE
from fake_executor import FakeExecutor

from daemon.execution.bell import Bell
from daemon.execution.errors import CallFailed, Grew, Stopped, WorkerDied
from daemon.execution.executor import Allowance, Failed, Finished, Progress, Task, TaskKey
from pipeline.errors import OutOfMemory, Unreadable
from pipeline.settings import Settings

SETTINGS = Settings()
AMPLE = Allowance(memory_mb=4096, total_s=60.0, silence_s=60.0)


class World:
    """An executor with a folder of inputs; `start` gives it a file of these words."""

    def __init__(self, folder, make):
        self.folder, self.bell, self.sources = folder, Bell(), []
        self.executor = make(self.bell)

    def start(self, words, number=1, settings=SETTINGS, allowance=AMPLE, **changes):
        file = self.folder / f"{number}.gif"
        file.write_text(words)
        staging = self.folder / f"{number}-1"
        staging.mkdir()
        task = Task(TaskKey(number, 1), file, staging, settings, f"clip{number}", allowance, **changes)
        self.sources.append(file.open("rb"))
        self.executor.start(task, self.sources[-1])
        return task

    def events(self, *tasks, within_s=20):
        """All that is heard until the tasks have ended."""
        heard, ends = [], time.monotonic() + within_s
        while {task.key for task in tasks} - {e.task for e in heard if not isinstance(e, Progress)}:
            assert time.monotonic() < ends, heard
            heard += self.executor.wait(0.2)
        return heard

    def end(self, task):
        return next(e for e in self.events(task) if e.task == task.key and not isinstance(e, Progress))

    def close(self):
        self.executor.close()
        self.bell.close()
        for source in self.sources:
            source.close()


@pytest.fixture(params=[FAKE, FakeExecutor], ids=["local", "fake"])
def make(request):
    return request.param


@pytest.fixture
def world(root, tmp_path, make):
    with contextlib.closing(World(tmp_path, make)) as world:
        yield world


def test_a_task_is_heard_of_stage_by_stage_and_ends_with_its_reports(world):
    task = world.start("category=noisy")

    *progress, end = world.events(task)

    assert progress == [Progress(task.key, "measure", 0.0), Progress(task.key, "restore", 0.5)]
    assert isinstance(end, Finished)
    assert [(r.name, r.category) for r in end.reports] == [("clip1", "noisy")]
    assert end.reports[0].outputs["gif"].read_text() == "restored:clip1:category=noisy"
    assert end.reports[0].outputs["gif"].is_relative_to(task.staging)


def test_a_task_works_with_the_settings_category_and_reference_that_it_names(world, tmp_path):
    settings = Settings(batch=7, outputs=("gif", "webp"))
    end = world.end(world.start("", settings=settings, category="clean", reference=tmp_path / "cat.png"))

    (report,) = end.reports
    assert (report.batch, set(report.outputs), report.category) == (7, {"gif", "webp"}, "clean")
    assert report.scores.reference == "truth"


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        ("raise=Unreadable", Unreadable, "Unreadable was asked for"),
        ("raise=OutOfMemory", OutOfMemory, "OutOfMemory was asked for"),
        ("raise=ValueError", CallFailed, "ValueError: ValueError was asked for"),
        ("errno=28", CallFailed, "No space left"),
        ("die", WorkerDied, "SIGSEGV"),
    ],
)
def test_a_task_that_fails_ends_with_its_error_and_the_next_one_is_done(world, words, kind, message):
    failed = world.end(world.start(words))

    assert isinstance(failed, Failed)
    assert type(failed.error) is kind
    assert message in str(failed.error)
    assert isinstance(world.end(world.start("good", 2)), Finished)


def test_what_a_failing_call_said_of_the_system_is_kept(world):
    assert world.end(world.start("errno=28")).error.errno == 28


@pytest.mark.parametrize(
    ("words", "allowance", "kind", "message"),
    [
        ("sleep=60", {"total_s": 0.3}, Stopped, "took more than the 0.3 s"),
        ("hang", {"silence_s": 0.4}, Stopped, "no life for 0.4 s"),
        ("grow=400", {"memory_mb": 300}, Grew, "more than the 300 MB"),
    ],
)
def test_a_task_that_exceeds_its_allowance_is_stopped_and_the_next_one_is_done(world, words, allowance, kind, message):
    failed = world.end(world.start(words, allowance=dataclasses.replace(AMPLE, **allowance)))

    assert type(failed.error) is kind
    assert message in str(failed.error)
    assert isinstance(world.end(world.start("good", 2)), Finished)


def test_tasks_are_done_side_by_side_and_each_is_told_by_its_key(world):
    tasks = [world.start(f"sleep=0.2 {number}", number) for number in (1, 2, 3)]

    heard = world.events(*tasks)

    ends = [event for event in heard if isinstance(event, Finished)]
    assert sorted(end.task for end in ends) == [task.key for task in tasks]
    for task, end in ((t, e) for t in tasks for e in ends if e.task == t.key):
        assert [report.name for report in end.reports] == [task.name]
        assert [e.stage for e in heard if isinstance(e, Progress) and e.task == task.key] == ["measure", "restore"]


def test_a_cancelled_task_is_not_heard_of_again_and_writes_nothing(world):
    cancelled, other = world.start("sleep=1"), world.start("sleep=1.5", 2)
    while Progress(cancelled.key, "restore", 0.5) not in world.executor.wait(1.0):
        pass

    world.executor.cancel(cancelled.key)

    assert {event.task for event in world.events(other)} == {other.key}
    assert list(cancelled.staging.iterdir()) == []


def test_cancelling_what_has_ended_or_never_began_does_nothing(world):
    task = world.start("good")
    world.end(task)
    world.executor.cancel(task.key)
    world.executor.cancel(TaskKey(99, 1))
    assert isinstance(world.end(world.start("good", 2)), Finished)


def test_a_task_reads_the_file_that_was_opened_whatever_has_taken_its_name(world, tmp_path):
    task = world.start("sleep=0.3 mine")
    (tmp_path / "other").write_text("another's")
    (tmp_path / "other").rename(task.source)

    assert world.end(task).reports[0].outputs["gif"].read_text() == "restored:clip1:sleep=0.3 mine"


def test_the_bell_ends_a_wait_in_which_nothing_is_heard(world):
    ringing = threading.Timer(0.2, world.bell.ring)
    ringing.start()
    began = time.monotonic()
    assert world.executor.wait(20) == []
    assert time.monotonic() - began < 10
    ringing.join()


def test_a_wait_without_tasks_ends_in_time(world):
    began = time.monotonic()
    assert world.executor.wait(0.1) == []
    assert 0.05 < time.monotonic() - began < 10


@pytest.mark.parametrize("spares_memory", [False, True])
def test_tasks_are_done_after_the_idle_workers_were_let_go(world, spares_memory):
    assert isinstance(world.end(world.start("good", spares_memory=spares_memory)), Finished)
    world.executor.retire_idle(after_s=0)
    assert isinstance(world.end(world.start("good", 2)), Finished)


def test_after_its_end_an_executor_works_on_nothing(world):
    task = world.start("sleep=1")
    world.executor.wait(1.0)
    world.executor.close()
    time.sleep(1.2)
    assert world.executor.wait(0) == []
    assert list(task.staging.iterdir()) == []


def test_the_daemon_restores_what_is_dropped_whoever_does_its_tasks(root, make):
    root.make_executor = make
    root.drop("gifs/cat.gif", "category=noisy")
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.drop("raw_videos/film.mp4", "clips=2 once=OutOfMemory")

    assert root.run(jobs={"retry_seconds": 0.01}) == 1

    assert root.states() == {"gifs/cat.gif": "done", "gifs/bad.gif": "quarantined", "raw_videos/film.mp4": "done"}
    assert list(root.outputs()) == ["cat.gif", "film-1.gif", "film-2.gif"]
    assert list(root.folders.work.iterdir()) == []
