"""`process` says where it can't write, and leaves nothing behind when it is stopped."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


@pytest.fixture
def gif(tmp_path):
    pictures = [Image.effect_noise((160, 120), 40 + i).convert("RGB") for i in range(40)]
    pictures[0].save(tmp_path / "noise.gif", save_all=True, append_images=pictures[1:], duration=80)
    (tmp_path / "config.yaml").write_text("restorer: classic\n")
    return tmp_path / "noise.gif"


def start(gif, *arguments):
    command = [sys.executable, "-m", "daemon", "process", str(gif), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=gif.parent, env=environment, stderr=subprocess.PIPE, text=True)


def test_a_folder_that_can_not_be_written_is_told_in_a_sentence(gif):
    with start(gif, "-o", "/proc") as process:
        told = process.stderr.read()
    assert process.returncode == 2
    assert told.startswith("gifrestored: /proc can't be written: ")
    assert "choose another folder with -o" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_stop_leaves_no_staging_folder_behind(gif, number):
    with start(gif, "-o", "out") as process:
        end = time.monotonic() + 60
        while not list((gif.parent / "out").glob(".gifrestored-*/*/*")) and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(number)
        told = process.communicate(timeout=30)[1]
    assert list((gif.parent / "out").iterdir()) == []
    assert process.returncode == 128 + number
    assert "Traceback" not in told
