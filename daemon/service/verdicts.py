"""The verdict on a failed attempt: quarantine, another attempt, or waiting; and what a person can do."""

import errno
import os
from pathlib import Path

from daemon.execution.errors import CallFailed, Grew, Stopped, WorkerDied
from daemon.jobs import Verdict
from pipeline.errors import (
    DeviceMissing,
    NoSpace,
    NoVideoStream,
    OutOfMemory,
    PipelineError,
    TooLarge,
    Unreadable,
    WeightsMissing,
    WeightsWrong,
    is_disk_full,
)

AGAIN = "then drop the file again, or run `gifrestored retry`"
_REMEDIES: list[tuple[type[Exception], str]] = [
    (NoVideoStream, f"export it with its pictures, {AGAIN}"),
    (Unreadable, f"see whether another program opens it; save it anew from there, {AGAIN}"),
    (TooLarge, f"make it smaller or shorter, or raise that limit under `limits` in config.yaml, {AGAIN}"),
    (NoSpace, "free some disk space; it goes on by itself"),
    (OutOfMemory, f"close other programs, or lower `window_megapixels` or `upscale` in config.yaml, {AGAIN}"),
    (DeviceMissing, "correct `device` in config.yaml and reload the daemon, or mend that device and restart it"),
    (WeightsMissing, "run `gifrestored models pull`; it goes on by itself"),
    (WeightsWrong, "run `gifrestored models verify`, then `gifrestored models pull`; it goes on by itself"),
]
_NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
_AWAY = (errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENOTCONN)
_NO_INPUT = (  # errors of the file itself; any other error comes from its disk or this machine
    *(errno.EACCES, errno.EPERM, errno.EINVAL, errno.ELOOP),
    *(errno.ENXIO, errno.ENODEV, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EOVERFLOW),
)


def judge(error: Exception) -> Verdict:
    """Return the verdict on an error that an attempt raised."""
    kind = type(error).__name__
    if isinstance(error, PipelineError):
        remedy = next((text for of, text in _REMEDIES if isinstance(error, of)), AGAIN)
        waits = isinstance(error, NoSpace | WeightsMissing | WeightsWrong | DeviceMissing)
        memory = isinstance(error, OutOfMemory)
        return Verdict(kind, str(error) or kind, remedy, error.permanent, counts=not waits, memory=memory)
    if isinstance(error, CallFailed | OSError) and (verdict := _of_machine(error)):
        return verdict
    if isinstance(error, Grew):
        remedy = f"raise `jobs.memory_limit_mb`, or lower `window_megapixels` or `upscale` in config.yaml, {AGAIN}"
        return Verdict("OutOfMemory", str(error), remedy, memory=True)
    if isinstance(error, Stopped | WorkerDied):
        memory = isinstance(error, WorkerDied) and error.killed  # the kernel kills it when memory runs out
        remedy = f"see the log; raise the limits under `jobs` in config.yaml, {AGAIN}"
        return Verdict(kind, str(error), remedy, memory=memory)
    name = error.kind if isinstance(error, CallFailed) else kind
    return Verdict(
        name, str(error), f"see the log for this job; where the cause is cured, {AGAIN.removeprefix('then ')}"
    )


def _of_machine(error: CallFailed | OSError) -> Verdict | None:
    """Return the verdict on an error of the machine or its settings, else None. The job waits until it is fixed."""
    if is_disk_full(error):
        return Verdict("NoSpace", str(error), "free some disk space; it goes on by itself", counts=False)
    if isinstance(error, OSError) and error.errno in _NOT_WRITABLE:
        remedy = f"let the daemon's user write to {_folder_of(error)}; it goes on by itself"
        return Verdict("NotWritable", str(error), remedy, counts=False)
    return _unreachable(str(error)) if error.errno in _AWAY else None


def _folder_of(error: OSError) -> str:
    """Return the folder that could not be written. The file's own name, perhaps a temporary one, would not help."""
    name = error.filename2 or error.filename  # for a link or a move, the second name is the new one
    if not isinstance(name, str | os.PathLike):
        return "the data root"
    return str(name if Path(name).is_dir() else Path(name).parent)


def unopenable(error: OSError) -> Verdict:
    """Return the verdict on an input that can't be opened."""
    message = f"it can't be opened: {error.strerror}"
    if error.errno not in _NO_INPUT:
        return _unreachable(message)
    return Verdict("Unopenable", message, f"let the daemon's user read it (chmod a+r), {AGAIN}", permanent=True)


def _unreachable(message: str) -> Verdict:
    remedy = "see that the disk or the network share that it lies on answers; it goes on by itself"
    return Verdict("Unreachable", message, remedy, counts=False)
