"""`gifrestored process --whole` as a user gives it: a real worker, a real video, killed and given again."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import pytest
from typer.testing import CliRunner
from video_sources import read, video

from daemon.cli import app

FRAMES = 120
QUICK = """
restorer: classic
background: classic
upscale: 1
video:
  max_clips: 1
  whole: {preset: fast, shortest_segment: 0.3, longest_segment: 0.5}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.yaml").write_text(QUICK)
    return tmp_path


def process(folder: Path, *arguments: Any) -> Any:
    command = ["process", *arguments, "-o", folder / "out", "--config", folder / "config.yaml", "--json"]
    return CliRunner().invoke(app, [str(argument) for argument in command])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def short(path: Path) -> Path:
    return video(path, [40 * i for i in range(8)], sound=[("aac", 44100)])


def test_a_whole_video_comes_out_with_all_frames_and_its_sound(folder: Path) -> None:
    source = short(folder / "film.mp4")
    told = process(folder, source, "--whole")
    assert told.exit_code == 0, told.stderr
    [answer] = json.loads(told.stdout)
    assert (answer["error"], answer["clips"]) == (None, [])
    assert (answer["video"]["frames"], answer["video"]["restored_segments"]) == (8, answer["video"]["segments"])
    before, after = read(source), read(Path(answer["video"]["path"]))
    assert (after.times, after.packets) == (before.times, before.packets)
    assert names(folder / "out") == ["film.mp4"]
    assert "film.mp4: restore, " in told.stderr
    assert "film.mp4: whole, 8 frames, no face, classic, " in told.stderr


def test_killed_and_given_again_it_goes_on_where_it_was(folder: Path) -> None:
    source = video(folder / "film.mkv", [40 * i for i in range(FRAMES)])
    command = [sys.executable, "-m", "daemon", "process", source, "--whole", "-o", "out"]
    run = subprocess.Popen(command, cwd=folder, stderr=subprocess.DEVNULL)
    while not (folder / "out" / ".film.mkv.whole" / ".film.segments" / "00001.json").exists():
        assert run.poll() is None
        time.sleep(0.005)
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert names(folder / "out") == [".film.mkv.whole"]
    told = process(folder, source, "--whole")
    [answer] = json.loads(told.stdout)
    assert 0 < answer["video"]["restored_segments"] < answer["video"]["segments"]
    assert len(read(folder / "out" / "film.mp4").frames) == FRAMES
    assert names(folder / "out") == ["film.mp4"]


def test_a_film_of_the_same_name_is_never_overwritten(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "film.mp4").write_text("somebody's")
    [answer] = json.loads(process(folder, short(folder / "film.mp4"), "--whole").stdout)
    assert (folder / "out" / "film.mp4").read_text() == "somebody's"
    assert Path(answer["video"]["path"]).name.startswith("film-")
    assert len(names(folder / "out")) == 2


def test_a_name_as_long_as_can_be_is_shortened(folder: Path) -> None:
    source = short(folder / "film.mp4").rename(folder / f"{'ä' * 125}.mp4")
    [answer] = json.loads(process(folder, source, "--whole").stdout)
    assert answer["error"] is None
    [name] = names(folder / "out")
    assert name.startswith("ä" * 100) and name.endswith(".mp4")


def test_a_video_that_another_process_restores_is_left_to_it(folder: Path) -> None:
    work = folder / "out" / ".film.mp4.whole"
    work.mkdir(parents=True)
    other = os.open(work, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    told = process(folder, short(folder / "film.mp4"), "--whole")
    assert told.exit_code == 1
    assert "another process restores this video into" in json.loads(told.stdout)[0]["error"]
    assert names(folder / "out") == [work.name]
    os.close(other)
    assert process(folder, folder / "film.mp4", "--whole").exit_code == 0
    assert names(folder / "out") == ["film.mp4"]


def test_what_is_no_video_is_refused_and_leaves_nothing_behind(folder: Path) -> None:
    with av.open(folder / "a.gif", "w") as container:
        stream: Any = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb8"
        container.mux(stream.encode(av.VideoFrame(16, 16, "rgb8")))
        container.mux(stream.encode(None))
    told = process(folder, folder / "a.gif", "--whole")
    assert told.exit_code == 1
    assert json.loads(told.stdout)[0]["error"] == "a.gif is gif, not a video; only videos are restored as a whole"
    assert names(folder / "out") == []


def test_by_the_settings_a_video_becomes_clips_and_a_whole_video(folder: Path) -> None:
    with (folder / "config.yaml").open("a") as file:
        file.write("  mode: both\n")
    [answer] = json.loads(process(folder, short(folder / "film.mp4")).stdout)
    assert len(answer["clips"]) == 1
    assert answer["video"]["frames"] == 8
    assert {"film.mp4", Path(answer["clips"][0]["outputs"]["gif"]).name} <= set(names(folder / "out"))
