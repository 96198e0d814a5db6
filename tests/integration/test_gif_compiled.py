"""The compiled loops' files on disk are a convenience: whatever becomes of them, the loops run."""

import errno
import runpy
from pathlib import Path
from typing import Any

import pytest

LOOP = """
from pipeline.compiled import compiled

@compiled
def twice(number):
    return 2 * number
"""


def loop(folder: Path) -> Any:
    """The loop as a new process would find it."""
    source = folder / "loop.py"
    if not source.exists():
        source.write_text(LOOP)
    return runpy.run_path(str(source))["twice"]


def kept(folder: Path, kind: str) -> list[Path]:
    return list(folder.glob(f"__pycache__/*.{kind}"))


def test_a_loop_is_compiled_once_and_found_again(tmp_path: Path) -> None:
    assert loop(tmp_path)(21) == 42
    again = loop(tmp_path)
    assert again(21) == 42
    assert sum(again.stats.cache_hits.values()) == 1


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("left", [0, 20])
def test_files_cut_off_by_a_power_failure_are_made_anew(tmp_path: Path, kind: str, left: int) -> None:
    loop(tmp_path)(21)
    (damaged,) = kept(tmp_path, kind)
    damaged.write_bytes(damaged.read_bytes()[:left])
    assert loop(tmp_path)(21) == 42
    mended = loop(tmp_path)
    assert mended(21) == 42
    assert sum(mended.stats.cache_hits.values()) == 1


def test_a_full_disk_costs_only_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert loop(tmp_path)(21) == 42
    assert kept(tmp_path, "nbc") == []
