"""Stands in for `pipeline.run` in the worker: what a file's text says is what happens to it.

Words of the file: `category=noisy`, `raise=Unreadable`, `once=OutOfMemory` or `once=die` (the first attempt only),
`errno=28`, `sleep=2`, `hang`, `grow=200` (MB for ever; told to hold less at once, less and at once done), `die`,
`clips=3`, `faces=0`, `fallback`, `nan`, `unwritten` (success is told, and nothing was written).
"""

import builtins
import math
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from pipeline import errors
from pipeline.report import Category, ClipReport, FrameScore, Measurement, Scores, ShotReport
from pipeline.settings import Settings

PREFIX = b"restored:"


def words_of(source: Path) -> dict[str, str]:
    words = source.read_bytes().decode(errors="replace").split()
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def restore_file(
    source: Path,
    into: Path,
    settings: Settings,
    progress: Callable[[str, float], None],
    name: str,
    category: Category | None = None,
    reference: Path | None = None,
    mark: str = "",
    sleep: Callable[[float], None] = time.sleep,
) -> list[ClipReport]:
    words = words_of(source)
    progress("measure", 0.0)
    progress("restore", 0.5)
    _misbehave(words, into, settings, sleep)
    count = int(words.get("clips", 0))
    names = [f"{name}-{i}" for i in range(1, count + 1)] or [name]
    return [_clip(source, into / n, n, words, settings, category, reference, bool(count)) for n in names]


def _misbehave(words: dict[str, str], into: Path, settings: Settings, sleep: Callable[[float], None]) -> None:
    is_first = into.name.endswith("-1")  # the daemon names an attempt's folder after its number
    once = words.get("once", "") if is_first else ""
    if once in ("die", "hang"):
        words = words | {once: ""}
    elif kind := words.get("raise") or once:
        raise (getattr(errors, kind, None) or getattr(builtins, kind))(f"{kind} was asked for")
    if "errno" in words:
        raise OSError(int(words["errno"]), os.strerror(int(words["errno"])))
    if "die" in words:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "hang" in words:
        sleep(1000)
    if "grow" in words:
        share = settings.window_megapixels / Settings.window_megapixels
        held = b"x" * int(int(words["grow"]) * share * 2**20)
        sleep(1000 if share == 1 else 0)
        del held
    sleep(float(words.get("sleep", 0)))


def _clip(
    source: Path,
    folder: Path,
    name: str,
    words: dict[str, str],
    settings: Settings,
    category: Category | None,
    reference: Path | None,
    is_video: bool,
) -> ClipReport:
    folder.mkdir(exist_ok=True)
    content = source.read_bytes()
    outputs = {}
    for kind in settings.outputs:
        outputs[kind] = folder / f"{name}.{kind}"
        if "unwritten" not in words:
            outputs[kind].write_bytes(PREFIX + name.encode() + b":" + content)
    categorised = None
    if is_video:
        categorised = folder / "categorised.gif"
        categorised.write_bytes(b"categorised:" + name.encode() + b":" + content)
    if settings.keep_frames:
        for side in ("input", "enhanced"):
            (folder / "frames" / side).mkdir(parents=True)
            (folder / "frames" / side / "0001.png").write_bytes(content)
    measured: Category = words.get("category", "blurry")  # type: ignore[assignment]
    psnr = math.nan if "nan" in words else 31.5
    frames = tuple(
        FrameScore(i, 31.0 + i, 0.9, 0.1, None if i == 0 else 2e-4, None if i == 0 else 1e-4, 5, 7) for i in range(3)
    )
    return ClipReport(
        name=name,
        start_ms=0,
        frames=3,
        width=8,
        height=6,
        duration_ms=120,
        loop=0,
        measurement=Measurement(measured, {"blur": 1.5, "noise": 0.2, "low_res": 0.1}, 0.8, noise_sigma_8bit=2.5),
        category=category or measured,
        faces=int(words.get("faces", 1)),
        face_errors=0,
        restored_frames=1,
        restorer="classic" if "fallback" in words else "gfpgan",
        fallback="the weights are not there" if "fallback" in words else None,
        engine="torch",
        device="cpu",
        dtype="float32",
        batch=settings.batch,
        seconds={"measure": 0.1, "restore": 0.4},
        outputs=outputs,
        categorised=categorised,
        scores=Scores("truth" if reference else "input", psnr, 0.9, 0.1, 2e-4, 1e-4, 5.0, 7.0, 40.0, frames),
        warnings=(),
        plan=(_shot(words),),
    )


def _shot(words: dict[str, str]) -> ShotReport:
    faces, reason = ("none", "the weights are not there") if "fallback" in words else ("gfpgan", "`restorer: auto`")
    return ShotReport(0, 3, "compact", faces, {"background": "`background: compact`", "faces": reason})
