"""A whole video that is broken off goes on where it was and ends in the same bytes."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from video_sources import FAST, Same, read, restored, video

from pipeline.settings import Limits, WholeVideo
from pipeline.videos import whole
from pipeline.videos.planning.source import Source
from pipeline.videos.work import restore_segment

CFR = [40 * i for i in range(30)]
SHORT = replace(FAST, shortest_segment=0.3, longest_segment=0.5)
TESTS = Path(__file__).parents[1]


class Stopped(Exception):
    pass


def stop_after(segments: int) -> Any:
    def progress(step: Any) -> None:
        if step.stage == "restore" and step.segments == segments:
            raise Stopped

    return progress


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return video(tmp_path / "a.mp4", CFR, sound=[("aac", 44100)])


def test_killed_at_any_step_it_ends_in_the_same_bytes(source: Path, tmp_path: Path) -> None:
    command = [sys.executable, TESTS / "killed_video.py", source, tmp_path / "out", "4"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(["", str(TESTS), str(TESTS.parent)])}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told["outcomes"]) > 20
    for outcome in told["outcomes"]:
        assert outcome["was_killed"]
        assert outcome["sha256"] == told["undisturbed"]["sha256"], outcome
        assert outcome["rest"] == ["a.mp4"]


def test_finished_segments_are_not_done_again(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        restored(source, tmp_path / "out", SHORT, progress=stop_after(2))
    again = Same()
    result = restored(source, tmp_path / "out", SHORT, restore=again)
    assert (result.restored, len(result.segments)) == (1, 3)
    assert len(again.seen) == 1


@pytest.mark.parametrize("options", [SHORT, replace(SHORT, encoder="x265"), replace(SHORT, encoder="svt-av1")])
def test_a_segment_done_twice_has_the_same_bytes(source: Path, tmp_path: Path, options: WholeVideo) -> None:
    plan = restored(source, tmp_path / "out", options).plan
    planned, twice = Source(source, Limits(), plan), list[Any]()
    for name in ("once.mp4", "again.mp4"):
        restore_segment(planned, plan.segments[1], options, 1, Same(), tmp_path / name, "key")
        twice.append((tmp_path / name).read_bytes())
    assert twice[0] == twice[1]


def test_a_segment_that_was_damaged_on_disk_is_done_again(source: Path, tmp_path: Path) -> None:
    undisturbed = restored(source, tmp_path / "other", SHORT).path.read_bytes()
    with pytest.raises(Stopped):
        restored(source, tmp_path / "out", SHORT, progress=stop_after(2))
    segment = tmp_path / "out" / ".a.segments" / "00000.mp4"
    segment.write_bytes(segment.read_bytes()[:-9])
    result = restored(source, tmp_path / "out", SHORT)
    assert result.restored == 2
    assert result.path.read_bytes() == undisturbed


def test_other_settings_do_all_segments_again(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        restored(source, tmp_path / "out", SHORT, progress=stop_after(2))
    result = restored(source, tmp_path / "out", replace(SHORT, crf=30))
    assert result.restored == len(result.segments) == 3


def test_another_file_under_the_same_name_is_planned_anew(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        restored(source, tmp_path / "out", SHORT, progress=stop_after(1))
    other = video(source, CFR[:20])
    assert read(restored(other, tmp_path / "out", SHORT).path).times == read(other).times


def test_the_plan_is_made_once(source: Path, tmp_path: Path, monkeypatch: Any) -> None:
    with pytest.raises(Stopped):
        restored(source, tmp_path / "out", SHORT, progress=stop_after(1))
    monkeypatch.setattr(whole, "plan_video", None)
    assert restored(source, tmp_path / "out", SHORT).restored == 2


def test_one_segment_lies_beside_the_result_whole_or_not_at_all(source: Path, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        restored(source, tmp_path / "out", SHORT, progress=stop_after(1))
    names = sorted(path.name for path in (tmp_path / "out" / ".a.segments").iterdir())
    assert names == ["00000.json", "00000.mp4", "plan.json", "plan.key"]
