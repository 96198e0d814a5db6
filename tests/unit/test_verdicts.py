import errno

import pytest

from daemon.execution.errors import CallFailed, Grew, Stopped, WorkerDied
from daemon.service.attempts import sparing
from daemon.service.verdicts import judge
from daemon.settings.config import Config
from pipeline import errors


@pytest.mark.parametrize("kind", [errors.Unreadable, errors.NoVideoStream, errors.TooLarge])
def test_what_can_never_work_is_permanent(kind):
    assert judge(kind("why")).permanent


@pytest.mark.parametrize(
    "error",
    [
        errors.NoSpace("full"),
        errors.WeightsMissing("gone"),
        errors.WeightsWrong("other"),
        CallFailed("OSError", "full", errno.ENOSPC),
        OSError(errno.EDQUOT, "quota"),
        PermissionError(errno.EACCES, "no", "/out"),
        OSError(errno.EROFS, "read-only", "/out"),
        OSError(errno.ESTALE, "Stale file handle"),
        errors.DeviceMissing("no cuda"),
        CallFailed("TimeoutError", "Connection timed out", errno.ETIMEDOUT),
    ],
)
def test_what_is_not_the_files_fault_never_counts_against_it(error):
    verdict = judge(error)
    assert not verdict.permanent and not verdict.counts


@pytest.mark.parametrize(
    "error",
    [
        errors.OutOfMemory("little"),
        Stopped("hung"),
        WorkerDied("SIGSEGV"),
        CallFailed("ValueError", "odd"),
        CallFailed("OSError", "I/O error", errno.EIO),
        RuntimeError("a bug"),
    ],
)
def test_what_may_pass_is_tried_again_a_few_times(error):
    verdict = judge(error)
    assert not verdict.permanent and verdict.counts


def test_a_missing_device_is_told_with_what_to_correct():
    assert judge(errors.DeviceMissing("no cuda")).remedy.startswith("correct `device` in config.yaml")


def test_what_the_memory_limit_or_the_kernel_ends_counts_as_out_of_memory():
    assert all(judge(e).memory for e in (errors.OutOfMemory("little"), Grew("large"), WorkerDied("SIGKILL", True)))
    assert not any(judge(e).memory for e in (errors.NoSpace("full"), Stopped("hung"), WorkerDied("SIGSEGV")))
    assert judge(Grew("large")).kind == "OutOfMemory"


def test_each_attempt_that_ran_out_of_memory_halves_what_the_next_holds():
    usual = Config(batch=8, window_megapixels=40.0)
    assert sparing(usual, 0) == usual
    assert [(c.batch, c.window_megapixels) for c in (sparing(usual, 1), sparing(usual, 2))] == [(1, 20.0), (1, 10.0)]


@pytest.mark.parametrize("kind", [k for k in vars(errors).values() if isinstance(k, type)])
def test_every_error_has_a_message_and_a_remedy(kind):
    verdict = judge(kind("what was found"))
    assert verdict.error == "what was found"
    assert verdict.remedy and verdict.kind == kind.__name__


def test_the_remedy_for_a_folder_that_can_not_be_written_names_the_folder(tmp_path):
    temporary = tmp_path / ".gifrestored-7060-1a2b.tmp"
    linked = PermissionError(errno.EACCES, "no", "/staged/cat.gif", None, str(temporary))
    for error in (PermissionError(errno.EACCES, "no", str(temporary)), linked, OSError(errno.EROFS, "no", tmp_path)):
        assert judge(error).remedy == f"let the daemon's user write to {tmp_path}; it goes on by itself"
