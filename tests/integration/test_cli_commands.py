import dataclasses
import hashlib
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from daemon.catalogue import close_catalogue, open_catalogue
from daemon.cli import app
from daemon.commands.work import Outcome
from pipeline.networks.weights import registry as weights
from pipeline.report import EngineComparison, Measurement

AT = "2026-01-01T00:00:00.000Z"


def gifrestored(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


@pytest.fixture
def settings(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("data_root: root\nmodels: {folder: weights}\n")
    return path


@pytest.fixture
def root(tmp_path):
    """A data root whose catalogue holds a failed, a running and a waiting job."""
    (tmp_path / "root").mkdir()
    db = open_catalogue(tmp_path / "root" / "catalogue.sqlite3")
    insert = """INSERT INTO jobs (hash, name, kind, path, dropped_path, size_bytes, mtime_ns, dropped_at, not_before,
        state, error, remedy, stage, stage_share, claimed_at, heartbeat_at, attempt)
        VALUES (?, ?, 'gif', ?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)"""
    for name, state, error, stage in (
        ("bad[1]", "quarantined", "not a GIF", None),
        ("busy", "running", None, "restore"),
        ("next", "queued", None, None),
    ):
        path, remedy = f"gifs/{name}.gif", error and "drop a GIF"
        db.execute(insert, (name, name, path, path, AT, AT, state, error, remedy, stage, 0.43, AT, AT))
    close_catalogue(db)
    return tmp_path / "root"


def test_status_names_what_runs_and_what_failed_and_why(root):
    told = gifrestored("status", "--data-root", root)
    assert told.exit_code == 0
    assert "1 queued, 1 running, 1 quarantined" in told.output
    assert "#2 gifs/busy.gif: restore 43%" in told.output
    assert "#1 gifs/bad[1].gif: not a GIF" in told.output
    assert "→ drop a GIF" in told.output


def test_status_as_json_is_one_object(root):
    told = json.loads(gifrestored("status", "--json", "--data-root", root).stdout)
    assert told["idle"] is False
    assert told["states"] == {"quarantined": 1, "running": 1, "queued": 1}
    assert told["running"][0]["stage"] == "restore"
    assert told["failures"][0]["error"] == "not a GIF"


def test_retry_of_what_failed_queues_it_anew(root):
    assert gifrestored("retry", "--failed", "--data-root", root).stdout == "queued again: #1\n"
    told = json.loads(gifrestored("status", "--json", "--data-root", root).stdout)
    assert told["states"] == {"queued": 2, "running": 1}
    assert told["failures"] == []


def test_retry_of_a_job_that_is_not_there_exits_1(root):
    told = gifrestored("retry", "1", "77", "--data-root", root)
    assert told.exit_code == 1
    assert told.stdout == "queued again: #1\n"
    assert "#77: no such job" in told.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["status", "--data-root", "/nowhere"], "no catalogue at /nowhere/catalogue.sqlite3"),
        (["retry", "--failed", "--data-root", "/nowhere"], "no catalogue at"),
        (["retry"], "--failed or --fallback"),
        (["status", "--config", "/nowhere.yaml"], "no such file"),
        (["status", "--data-root", "~nosuchuser/x"], "--data-root: `~nosuchuser` is nobody's home folder here"),
        (["doctor", "--data-root", "~nosuchuser/x"], "write ~nosuchuser/x in full"),
        (["process"], "Missing argument"),
        (["process", "x.gif", "-o", "/proc/none"], "/proc/none"),
        (["run", "--once", "--data-root", "/proc/none"], "/proc/none"),
        (["frobnicate"], "No such command"),
        (["models", "pull", "GFPGAN1.4"], "did you mean GFPGANv1.4?"),
    ],
)
def test_wrong_use_exits_2_and_says_what_is_wrong(arguments, said):
    told = gifrestored(*arguments)
    assert told.exit_code == 2
    assert said in told.stderr
    assert told.stdout == ""


@pytest.mark.parametrize("command", [["status"], ["retry", "--failed"]])
def test_a_file_that_is_no_catalogue_is_told_in_a_sentence(tmp_path, command):
    catalogue = tmp_path / "catalogue.sqlite3"
    catalogue.write_bytes(b"no database" * 100)
    told = gifrestored(*command, "--data-root", tmp_path)
    assert (told.exit_code, told.stderr) == (2, f"gifrestored: {catalogue} is damaged (file is not a database)\n")


@pytest.mark.parametrize("command", [["status"], ["retry", "--failed"], ["export", "--csv"], ["report"]])
def test_a_folder_that_may_not_be_entered_is_told_in_a_sentence(tmp_path, monkeypatch, command):
    real = Path.stat

    def stat(path, **options):
        if path.parent == tmp_path / "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    told = gifrestored(*command, "--data-root", tmp_path / "closed")
    assert (told.exit_code, told.stdout) == (2, "")
    assert f"may not look at {tmp_path}/closed/catalogue.sqlite3; have its owner let you in" in told.stderr


def test_wrong_settings_exit_2_whatever_the_command(settings):
    settings.write_text("wokers: 2\n")
    for command in (["status"], ["run", "--once"], ["models", "list"], ["process", "x.gif"], ["measure", "x.gif"]):
        told = gifrestored(*command, "--config", settings)
        assert (told.exit_code, told.stdout) == (2, "")
        assert told.stderr == f"gifrestored: {settings}:1: `wokers` is no setting; did you mean `workers`?\n"


def test_measure_shows_a_name_with_brackets_as_it_is(monkeypatch, settings, tmp_path):
    measured = Measurement("noisy", {"noise": 2.0}, 0.9, noise_sigma_8bit=2.5)
    outcome = Outcome(tmp_path / "cat [final].gif", {"cat [final]": measured})
    monkeypatch.setattr("daemon.commands.measure.work_on_each", lambda files, ask: [outcome])
    told = gifrestored("measure", outcome.file, "--config", settings)
    assert "cat [final]  noisy" in told.stdout


@pytest.mark.parametrize(
    ("kind", "shown"),
    [("dither", "dither 4.10"), ("blocks", "blocks 0.50"), ("JPEG", "JPEG 1.90"), ("sigma", "σ 3.75")],
)
def test_measure_shows_which_measure_makes_a_clip_noisy(monkeypatch, settings, tmp_path, kind, shown):
    measured = Measurement(
        "noisy", {"noise": 2.0}, 0.9, noise_sigma_8bit=0.0, noise_temporal_sigma_8bit=3.75, dither=4.1,
        blockiness=0.5, quantisation_8bit=1.9, noise_measure=kind,
    )  # fmt: skip
    monkeypatch.setattr(
        "daemon.commands.measure.work_on_each", lambda *_: [Outcome(tmp_path / "cat.gif", {"cat": measured})]
    )
    assert shown in gifrestored("measure", "cat.gif", "--config", settings).stdout


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A registry with one file of weights, and its right content."""
    content = b"weights"
    entry = dataclasses.replace(
        weights.REGISTRY["GFPGANv1.4"], bytes=len(content), sha256=hashlib.sha256(content).hexdigest()
    )
    monkeypatch.setitem(weights.REGISTRY, "GFPGANv1.4", entry)
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights" / entry.file, content


def test_models_list_says_what_is_here(settings, tiny):
    path, content = tiny
    assert gifrestored("models", "list", "--config", settings).stdout.count("yes") == 0
    path.write_bytes(content)
    assert gifrestored("models", "list", "--config", settings).stdout.count("yes") == 1


def test_models_list_names_a_folder_with_brackets_as_it_is(settings):
    settings.write_text("models: {folder: 'my [/b] weights'}\n")
    assert "my [/b] weights" in gifrestored("models", "list", "--config", settings).stdout


def test_models_verify_tells_right_from_wrong_and_missing(settings, tiny, monkeypatch):
    alike = EngineComparison("torch", "cpu", "float32", 1, 62.5, equal=True)
    monkeypatch.setattr("daemon.commands.models.compare", lambda config, entry: alike)
    path, content = tiny
    assert gifrestored("models", "verify", "--config", settings).exit_code == 0
    assert gifrestored("models", "verify", "gfpganv1.4", "--config", settings).exit_code == 1
    path.write_bytes(content)
    assert "hash correct" in gifrestored("models", "verify", "--config", settings).stdout
    path.write_bytes(b"weightz")
    told = gifrestored("models", "verify", "--config", settings)
    assert told.exit_code == 1
    assert "SHA-256" in told.stderr


def test_models_pull_confirms_what_is_here_already(settings, tiny):
    path, content = tiny
    path.write_bytes(content)
    told = gifrestored("models", "pull", "--config", settings)
    assert told.exit_code == 0
    assert "hash correct" in told.stderr


def test_models_pull_without_a_server_says_what_to_do_and_exits_1(settings, tiny):
    settings.write_text("models: {folder: weights, mirror: 'http://127.0.0.1:9', download: false}\n")
    told = gifrestored("models", "pull", "--config", settings)
    assert told.exit_code == 1
    assert "SHA-256" in told.stderr
