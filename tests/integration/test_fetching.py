"""Missing weights are fetched beside the work, which never waits for them nor ends because of them."""

import dataclasses
import hashlib
import time

import pytest
from structlog.testing import capture_logs

from daemon.service.lock import Refused, hold
from daemon.verification.fetching import Fetching
from pipeline.networks.weights import download
from pipeline.networks.weights.registry import REGISTRY
from pipeline.settings import Models

CONTENT = b"weights"
NAME = "GFPGANv1.4"


@pytest.fixture
def tiny(monkeypatch):
    digest = hashlib.sha256(CONTENT).hexdigest()
    entry = dataclasses.replace(REGISTRY[NAME], bytes=len(CONTENT), sha256=digest)
    monkeypatch.setitem(REGISTRY, NAME, entry)
    return entry


@pytest.fixture
def pulled(monkeypatch, tiny):
    """What was asked for; a fetch ends when the file `arrived` is there."""
    asked = []

    def pull(weights, models, progress=None):
        asked.append(weights.name)
        while not (models.folder / "arrived").exists():
            time.sleep(0.02)
        path = models.folder / weights.file
        path.write_bytes(CONTENT)
        return path

    monkeypatch.setattr(download, "pull", pull)
    return asked


def fetched(config, **settings):
    """Tick until nothing is fetched any more; returns what was logged."""
    fetching = Fetching()
    with capture_logs() as logs:
        fetching.tick(dataclasses.replace(config, **settings))
        while fetching.at_work:
            time.sleep(0.01)
    return logs


def test_files_are_restored_while_weights_are_fetched_and_the_weights_are_there_for_the_next(root, pulled, capfd):
    models = Models(root.path.with_name("models"))
    models.folder.mkdir()
    root.config = dataclasses.replace(root.config, models=models, engine="upstream")
    with root.running():
        root.drop("gifs/cat.gif", "cat")
        root.wait_for("SELECT state = 'done' FROM jobs")
        assert not (models.folder / REGISTRY[NAME].file).exists()
        (models.folder / "arrived").touch()
        end = time.monotonic() + 10
        while not (models.folder / REGISTRY[NAME].file).exists() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.1)
    told = capfd.readouterr().err
    assert "fetching weights" in told and "weights are here: the next job uses them" in told


@pytest.mark.parametrize("mirror", ["http://[::1/", "http://127.0.0.1:9", "file:///etc", "http://h:99999999/"])
def test_the_daemon_starts_and_restores_whatever_the_mirror_is(root, mirror, capfd):
    root.drop("gifs/cat.gif", "cat")
    assert root.run(models=Models(root.path.with_name("models"), mirror=mirror), background="realesrgan") == 0
    assert root.states() == {"gifs/cat.gif": "done"}
    told = capfd.readouterr().err
    assert told.count("going on without weights") == 2
    assert "Traceback" not in told


def test_a_single_run_has_the_weights_before_it_restores(root, pulled, monkeypatch):
    models = Models(root.path.with_name("models"))
    models.folder.mkdir()
    (models.folder / "arrived").touch()
    claims = []

    def claim(*_):
        claims.append((models.folder / REGISTRY[NAME].file).exists())

    monkeypatch.setattr("daemon.catalogue.ledger.claim_job", claim)
    root.run(models=models, engine="upstream")
    assert claims and all(claims)


def test_nothing_is_fetched_that_is_here_or_not_needed_or_not_allowed(root, pulled, tmp_path):
    assert fetched(root.config) == []
    assert fetched(root.config, models=Models(tmp_path / "w"), restorer="classic") == []
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / REGISTRY[NAME].file).write_bytes(CONTENT)
    assert fetched(root.config, models=Models(tmp_path / "w")) == []
    assert pulled == []


def test_what_could_not_be_fetched_is_tried_again_later_not_at_once(root, tiny, monkeypatch):
    fetching, config = Fetching(), dataclasses.replace(root.config, models=Models(root.path / "m", mirror="ftp://h"))
    with capture_logs() as logs:
        for _ in range(3):
            fetching.tick(config)
            while fetching.at_work:
                time.sleep(0.01)
    assert [entry["event"] for entry in logs].count("going on without weights") == 1


def test_nothing_is_fetched_for_a_data_root_that_another_daemon_holds(root, pulled):
    with hold(root.folders), pytest.raises(Refused, match="is held by process"):
        root.run(models=Models(root.path.with_name("models")))
    assert pulled == []
