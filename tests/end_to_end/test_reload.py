"""A reload (SIGHUP) never ends the daemon, whenever it comes and whatever has become of its folder and its settings."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@contextmanager
def daemon(cwd, *arguments):
    command = [sys.executable, "-u", "-m", "daemon", "run", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "https_proxy": "http://127.0.0.1:9"}  # no weights are fetched
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=cwd, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


def told(process, text):
    return any(text in line for line in iter(process.stderr.readline, ""))


def stop(process):
    process.terminate()
    return process.wait(20)


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(f"restorer: classic\ndata_root: {tmp_path}/root\nlog: {{format: console}}\n")
    return path


@pytest.mark.parametrize("named", [True, False])
def test_a_reload_after_the_working_folder_was_deleted(settings, tmp_path, named):
    here = tmp_path / "here"
    here.mkdir()
    with daemon(here, *(("--config", settings) if named else ("--data-root", tmp_path / "root"))) as process:
        assert told(process, "watching")
        shutil.rmtree(here)
        process.send_signal(signal.SIGHUP)
        assert told(process, "settings reloaded" if named else "settings not reloaded: the working folder is gone")
        assert stop(process) == 0


@pytest.mark.parametrize("wrong", ["jobs: {lease_seconds: 1.0e+12}", "jobs: {lease_seconds: .inf}"])
def test_a_reload_with_a_number_that_is_no_time(settings, tmp_path, wrong):
    with daemon(tmp_path, "--config", settings) as process:
        assert told(process, "watching")
        good = settings.read_text()
        settings.write_text(good + wrong + "\n")
        process.send_signal(signal.SIGHUP)
        assert told(process, "settings not reloaded")
        settings.write_text(good)
        process.send_signal(signal.SIGHUP)
        assert told(process, "settings reloaded")
        assert stop(process) == 0


@pytest.mark.parametrize("after_s", [0.15, 0.4, 0.8])
def test_a_reload_while_the_daemon_starts(settings, tmp_path, after_s):
    with daemon(tmp_path, "--config", settings) as process:
        began = time.monotonic()
        while not in_python(process.pid):
            time.sleep(0.005)
        time.sleep(max(0.0, after_s - (time.monotonic() - began)))
        process.send_signal(signal.SIGHUP)
        assert told(process, "settings reloaded")
        assert stop(process) == 0


def in_python(pid):
    """Whether the process is past the interpreter's own start: it has begun to load the command line."""
    status = Path(f"/proc/{pid}/status").read_text()
    blocked = int(next(line for line in status.splitlines() if line.startswith("SigBlk:")).split()[1], 16)
    return bool(blocked & 1 << signal.SIGHUP - 1)
