import dataclasses
import hashlib
import json
import os
import subprocess

import pytest
from typer.testing import CliRunner

from daemon.cli import app
from daemon.service import doctor
from daemon.settings.config_file import load
from pipeline.networks.weights import registry as weights

HEALTHY = {"broken": {}, "device": "cpu", "device_name": "2 threads", "h264": True}


@pytest.fixture
def probed(monkeypatch):
    """Let the probe's process answer as told, instead of loading every library."""

    def answer(**changes):
        asked = subprocess.CompletedProcess([], 0, json.dumps(HEALTHY | changes), "")
        monkeypatch.setattr(doctor.subprocess, "run", lambda *a, **k: asked)

    answer()
    return answer


@pytest.fixture
def config(tmp_path):
    return load(None, data_root=tmp_path)


def about(config, subject):
    return next(finding for finding in doctor.examine(config) if finding.about == subject)


def test_a_healthy_machine_has_nothing_to_fix(probed, config):
    assert [f for f in doctor.examine(config) if f.state == "fix"] == []


def test_missing_system_libraries_are_named_with_the_packages_that_bring_them(probed, config):
    probed(broken={"cv2": "ImportError: libGL.so.1: cannot open shared object file: No such file or directory"})
    found = about(config, "libraries")
    assert (found.state, found.remedy) == ("fix", "apt-get install libgl1 libglib2.0-0")


def test_weights_that_auto_can_do_without_are_a_note_and_that_gfpgan_needs_a_fault(probed, config):
    assert about(config, "weights").state == "note"
    wanting = dataclasses.replace(config, restorer="gfpgan")
    assert about(wanting, "weights").state == "fix"
    assert "gifrestored models pull" in about(wanting, "weights").remedy
    assert about(dataclasses.replace(config, restorer="classic"), "weights").state == "ok"


def test_weights_are_hashed(probed, config, monkeypatch, tmp_path):
    right = hashlib.sha256(b"weights").hexdigest()
    entry = dataclasses.replace(weights.REGISTRY["GFPGANv1.4"], bytes=7, sha256=right)
    monkeypatch.setitem(weights.REGISTRY, "GFPGANv1.4", entry)
    config = dataclasses.replace(config, models=dataclasses.replace(config.models, folder=tmp_path))
    (tmp_path / entry.file).write_bytes(b"weights")
    assert about(config, "weights").state == "ok"
    (tmp_path / entry.file).write_bytes(b"weightz")
    assert about(config, "weights").state == "note"


def test_a_data_root_that_can_not_be_made_is_a_fault(probed, config, tmp_path):
    (tmp_path / "file").write_text("")
    config = dataclasses.replace(config, data_root=tmp_path / "file" / "dataset")
    assert about(config, "folders").state == "fix"


def test_a_data_root_that_may_not_be_entered_is_a_fault(probed, config, tmp_path, monkeypatch):
    def exists(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("daemon.service.doctor.Path.exists", exists)
    monkeypatch.setattr(
        doctor.os,
        "access",
        lambda path, mode: not path.is_relative_to(tmp_path) or (path == tmp_path and mode == os.F_OK),
    )
    found = about(config, "folders")
    assert (found.state, found.text) == ("fix", f"{tmp_path} can't be written")
    assert list(doctor.examine(config))


def test_a_full_disk_is_a_fault(probed, config):
    config = dataclasses.replace(config, jobs=dataclasses.replace(config.jobs, min_free_mb=10**9))
    assert about(config, "disk").state == "fix"


def test_more_memory_than_there_is_given_to_workers_is_a_note(probed, config):
    assert about(dataclasses.replace(config, workers=256), "memory").state == "note"


def test_a_damaged_catalogue_is_a_fault(probed, config):
    (config.data_root / "catalogue.sqlite3").write_bytes(b"no database" * 100)
    assert about(config, "catalogue").state == "fix"


def test_too_few_watches_are_a_note_with_the_number_to_set(probed, config, monkeypatch, tmp_path):
    (config.data_root / "gifs").mkdir()
    monkeypatch.setattr(doctor, "WATCH_LIMIT", tmp_path / "limit")
    (tmp_path / "limit").write_text("1\n")
    found = about(config, "watching")
    assert found.state == "note"
    assert "sysctl fs.inotify.max_user_watches=8" in found.remedy


def test_the_command_exits_1_where_something_must_be_fixed_and_tells_the_rest_too(probed, tmp_path):
    probed(broken={"av": "ImportError: broken"})
    told = CliRunner().invoke(app, ["doctor", "--data-root", str(tmp_path)])
    assert told.exit_code == 1
    assert "av: ImportError: broken" in told.stdout
    assert "disk" in told.stdout


def test_the_command_shows_a_path_with_brackets_as_it_is(probed, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    told = CliRunner().invoke(app, ["doctor", "--data-root", str(tmp_path / "[red]a[" / "b]")])
    assert f"{tmp_path}/[red]a[/b] is not there yet" in told.stdout


def test_the_command_tells_wrong_settings_and_still_looks_at_the_machine(probed, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("wokers: 1\n")
    told = CliRunner().invoke(app, ["doctor", "--config", str(path)])
    assert told.exit_code == 1
    assert "did you mean `workers`?" in " ".join(told.stdout.split())
    assert "memory" in told.stdout


def test_the_probe_loads_every_library_of_this_machine(config):
    assert about(config, "libraries").text.startswith("all load")
