"""Files given on the command line, as a user gives them: a process of its own, real worker, real pipeline."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

FRAMES = 3


def gifrestored(*arguments, cwd) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "daemon", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=200)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a GIF of a moving disc, a text that is called .gif, and settings."""
    folder = tmp_path_factory.mktemp("drop")
    pictures = []
    for i in range(FRAMES):
        picture = Image.new("RGB", (48, 40), (40, 60, 90))
        ImageDraw.Draw(picture).ellipse((6 + 4 * i, 8, 26 + 4 * i, 28), fill=(220, 180, 150))
        pictures.append(picture)
    pictures[0].save(folder / "disc.gif", save_all=True, append_images=pictures[1:], duration=80, loop=0)
    (folder / "text.gif").write_text("no picture at all")
    (folder / "config.yaml").write_text("restorer: classic\n")
    return folder


def test_process_writes_the_results_beside_nobodys_file_and_goes_on_after_a_bad_one(folder):
    ran = gifrestored("process", "text.gif", "disc.gif", "-o", "out", "--json", cwd=folder)
    assert ran.returncode == 1, ran.stderr
    bad, good = json.loads(ran.stdout)
    assert bad["clips"] == []
    assert "text.gif" in bad["error"]
    assert good["error"] is None
    with Image.open(folder / good["clips"][0]["outputs"]["gif"]) as result:
        assert (result.size, result.n_frames) == ((96, 80), FRAMES)
    assert sorted(p.name for p in (folder / "out").iterdir()) == ["disc.gif"]
    assert "disc.gif: restore" in ran.stderr  # no terminal, so lines instead of a bar


def test_process_never_overwrites_another_file(folder):
    (folder / "mine").mkdir()
    (folder / "mine" / "disc.gif").write_text("somebody's")
    ran = gifrestored("process", "disc.gif", "-o", "mine", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    assert (folder / "mine" / "disc.gif").read_text() == "somebody's"
    assert len(list((folder / "mine").glob("disc-????????.gif"))) == 1


def test_measure_tells_category_and_figures_and_writes_nothing(folder):
    before = sorted(folder.rglob("*"))
    ran = gifrestored("measure", "disc.gif", "--json", cwd=folder)
    assert ran.returncode == 0, ran.stderr
    [told] = json.loads(ran.stdout)
    assert told["clips"]["disc"]["category"] in {"blurry", "noisy", "low_res", "clean"}
    assert sorted(folder.rglob("*")) == before


def test_run_once_then_status_and_a_retry(folder, tmp_path):
    (tmp_path / "gifs").mkdir()
    for name in ("disc.gif", "text.gif"):
        (tmp_path / "gifs" / name).write_bytes((folder / name).read_bytes())
    ran = gifrestored("run", "--once", "--data-root", tmp_path, cwd=folder)
    assert ran.returncode == 1, ran.stderr
    assert (tmp_path / "output_gifs" / "disc.gif").exists()
    status = json.loads(gifrestored("status", "--json", "--data-root", tmp_path, cwd=folder).stdout)
    assert status["states"] == {"done": 1, "quarantined": 1}
    assert status["daemon"] is None
    assert status["failures"][0]["error"].startswith("text.gif is in no known format")
    failed = status["failures"][0]["id"]
    assert gifrestored("retry", "--failed", "--data-root", tmp_path, cwd=folder).stdout == f"queued again: #{failed}\n"


def test_settings_that_are_wrong_when_they_are_reloaded_change_nothing(tmp_path):
    settings = tmp_path / "config.yaml"
    settings.write_text("restorer: classic\n")
    command = [sys.executable, "-u", "-m", "daemon", "run"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as daemon:
        told = iter(daemon.stderr.readline, "")
        assert any("watching" in line for line in told)
        settings.write_text("restorer: clasic\n")
        daemon.send_signal(signal.SIGHUP)
        assert any("settings not reloaded" in line and "restorer" in line for line in told)
        settings.write_text("restorer: classic\njobs: {max_attempts: 5}\n")
        daemon.send_signal(signal.SIGHUP)
        assert any("settings reloaded" in line for line in told)
        daemon.terminate()
        assert daemon.wait(20) == 0
