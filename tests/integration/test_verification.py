"""Our GFPGAN engine is compared with the gfpgan package's own network, and a user is told where they differ."""

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from restore_random import SMALL, save_gfpgan, upstream
from test_restore_parity import faces, upstream_restores
from typer.testing import CliRunner

from daemon.cli import app
from daemon.settings.config import Config
from pipeline.errors import WeightsMissing
from pipeline.networks.gfpgan import verify
from pipeline.networks.gfpgan.build import build
from pipeline.networks.gfpgan.network import load
from pipeline.networks.weights.registry import REGISTRY
from pipeline.settings import Models, Settings

EQUAL = {"engine": "torch", "device": "cpu", "dtype": "float32", "levels": 1, "psnr_db": 62.5, "equal": True}
DIFFERENT = EQUAL | {"levels": 37, "psnr_db": 24.0, "equal": False}


@pytest.fixture(scope="module")
def random(tmp_path_factory):
    """Small random weights in the official format, and settings that name them."""
    models = Models(folder=tmp_path_factory.mktemp("models"))
    return save_gfpgan(upstream(seed=2), models), Settings(engine="torch", device="cpu", models=models)


def test_the_built_in_face_is_an_aligned_one():
    face = verify.built_in_face(512)
    assert (face.shape, face.dtype) == ((512, 512, 3), np.uint8)
    assert face.std() > 30


def test_our_engine_gives_what_the_package_gives_in_a_process_of_its_own(random):
    weights, settings = random
    job = {"weights": asdict(weights), "folder": str(settings.models.folder), "arch": asdict(SMALL)}
    job |= {"engine": "torch", "device": "cpu", "background_of": os.getpid()}
    command = [sys.executable, "-m", "pipeline.networks.gfpgan.verify"]
    ran = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    comparison = json.loads(ran.stdout.splitlines()[-1])
    assert comparison["equal"]
    assert comparison["levels"] <= 1
    assert (comparison["engine"], comparison["dtype"]) == ("torch", "float32")


def test_in_bfloat16_both_are_alike_above_45_db(random, monkeypatch):
    weights, settings = random
    monkeypatch.setattr("pipeline.networks.gfpgan.choice.processor_flags", lambda: frozenset({"amx_bf16"}))
    comparison = verify.compare(weights, replace(settings, engine="auto"), SMALL)
    assert (comparison.dtype, comparison.equal) == ("bfloat16", True)
    assert 45 <= comparison.psnr_db < 80


@pytest.mark.parametrize("flags", [{"avx2"}, {"amx_bf16"}], ids=["float32", "bfloat16"])
def test_one_wrong_weight_in_our_network_is_noticed(random, monkeypatch, flags):
    def tampered(*arguments):
        network = load(*arguments)
        with torch.no_grad():
            network.stylegan_decoder.style_convs[-1].modulated_conv.weight[0, 0, 0, 1, 1] += 3
        return network

    weights, settings = random
    monkeypatch.setattr("pipeline.networks.gfpgan.choice.processor_flags", lambda: frozenset(flags))
    monkeypatch.setattr("pipeline.networks.gfpgan.build.load", tampered)
    comparison = verify.compare(weights, replace(settings, engine="auto"), SMALL)
    assert not comparison.equal
    assert comparison.levels > 1


def test_a_network_of_ours_that_gives_no_picture_is_noticed(random, monkeypatch):
    def broken(*arguments):
        network = load(*arguments)
        with torch.no_grad():
            network.final_linear.bias[0] = torch.nan
        return network

    weights, settings = random
    monkeypatch.setattr("pipeline.networks.gfpgan.build.load", broken)
    assert not verify.compare(weights, settings, SMALL).equal


def test_engine_upstream_gives_the_packages_own_bytes(random):
    weights, settings = random
    loaded = build(weights, replace(settings, engine="upstream"), SMALL)
    batch = faces(3, SMALL.size)
    network = upstream(seed=2)
    assert (loaded.name, loaded.engine, loaded.dtype) == ("gfpgan", "upstream", "float32")
    for face, restored in zip(batch, loaded.restorer.restore(batch), strict=True):
        assert np.array_equal(upstream_restores(network, face), restored)


def test_engine_upstream_without_weights_is_an_error_that_says_what_to_do(tmp_path):
    settings = Settings(restorer="gfpgan", engine="upstream", models=Models(folder=tmp_path))
    with pytest.raises(WeightsMissing, match="gifrestored models pull"):
        build(REGISTRY["GFPGANv1.4"], settings)


@pytest.fixture
def answer(tmp_path, monkeypatch):
    """Stands in for the comparison: `answer(…)` says what it prints; `answer.calls()` are the jobs that it got."""

    class Answer:
        calls_file = tmp_path / "calls"
        script = tmp_path / "compare.py"

        def __call__(self, printed=EQUAL, then="") -> None:
            self.script.write_text(
                f"import sys, time\nopen({str(self.calls_file)!r}, 'a').write(sys.stdin.read() + '\\n')\n"
                f"{then}\nprint({json.dumps(printed)!r})\n"
            )

        def calls(self) -> list[dict]:
            lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
            return [json.loads(line) for line in lines]

    answering = Answer()
    answering()
    monkeypatch.setattr("daemon.verification.comparing.COMMAND", [sys.executable, str(answering.script)])
    return answering


def put_weights(folder: Path) -> None:
    """A file that counts as GFPGAN's weights until somebody hashes it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / REGISTRY["GFPGANv1.4"].file).open("wb") as file:
        file.truncate(REGISTRY["GFPGANv1.4"].bytes)


@pytest.fixture
def settings_file(tmp_path, monkeypatch):
    """Settings whose models folder has weights of the right hash, and no data root's catalogue."""
    monkeypatch.setattr("pipeline.networks.weights.registry.verify", lambda entry, models: models.folder / entry.file)
    put_weights(tmp_path / "weights")
    path = tmp_path / "config.yaml"
    path.write_text("models: {folder: weights}\n")
    return path


def models_verify(settings_file: Path):
    return CliRunner().invoke(app, ["models", "verify", "--config", str(settings_file)])


def test_models_verify_says_how_alike_both_are(settings_file, answer):
    told = models_verify(settings_file)
    assert told.exit_code == 0
    assert "hash correct" in told.stdout
    assert "torch on cpu in float32 gives what the gfpgan package gives: at most 1 of 255 levels apart" in told.stdout


def test_models_verify_fails_where_the_engine_differs_and_says_what_to_do(settings_file, answer):
    answer(DIFFERENT)
    told = models_verify(settings_file)
    assert told.exit_code == 1
    assert "DIFFERS from the gfpgan package: at most 37 of 255 levels apart" in told.stderr
    assert "set `engine: upstream`" in told.stderr


@pytest.mark.parametrize(
    ("printed", "then", "said"),
    [
        ({"error": "there is no memory for even one face"}, "", "there is no memory for even one face"),
        ("", "raise SystemExit('no module named gfpgan')", "no module named gfpgan"),
        ("", "import os; os.kill(os.getpid(), 9)", "ended by SIGKILL; it needs up to 3 GB of memory"),
        ({"levels": 1}, "", "ended with exit code 0"),
    ],
)
def test_models_verify_fails_where_there_is_no_comparison_and_says_why(settings_file, answer, printed, then, said):
    answer(printed, then)
    told = models_verify(settings_file)
    assert told.exit_code == 1
    assert said in told.stderr


def test_models_verify_compares_nothing_where_the_package_itself_is_the_engine(settings_file, answer):
    settings_file.write_text("engine: upstream\nmodels: {folder: weights}\n")
    told = models_verify(settings_file)
    assert told.exit_code == 0
    assert "nothing to compare" in told.stdout
    assert answer.calls() == []


@pytest.fixture
def watched(root, answer):
    """A data root whose settings restore with GFPGAN, whose weights are there."""
    root.config = replace(root.config, models=Models(folder=root.path.parent / "weights"))
    put_weights(root.config.models.folder)
    return root


def status(config: Config, *options: str) -> str:
    settings_file = config.data_root.parent / "config.yaml"
    settings_file.write_text(f"models: {{folder: weights}}\nengine: {config.engine}\n")
    command = ["status", "--config", str(settings_file), "--data-root", str(config.data_root), *options]
    return CliRunner().invoke(app, command).stdout


def test_run_compares_once_and_status_says_what_came_of_it(watched, answer):
    watched.drop("gifs/cat.gif", "category=noisy")
    assert watched.run() == 0
    assert "engine       verified: torch on cpu in float32 gives what the gfpgan package gives" in status(
        watched.config
    )
    assert json.loads(status(watched.config, "--json"))["engine"] == EQUAL
    assert watched.run() == 0
    (job,) = answer.calls()
    assert (job["weights"]["name"], job["engine"]) == ("GFPGANv1.4", "auto")


def test_another_engine_is_compared_anew(watched, answer):
    watched.run()
    assert watched.run(engine="torch") == 0
    assert [job["engine"] for job in answer.calls()] == ["auto", "torch"]


def test_other_packages_are_compared_anew(watched, answer, monkeypatch):
    watched.run()
    monkeypatch.setattr("daemon.verification.record._version", lambda name: "99")
    assert "engine       not verified yet" in status(watched.config)
    watched.run()
    assert len(answer.calls()) == 2


def test_an_engine_that_differs_is_told_at_every_start_and_stops_nothing(watched, answer, capfd):
    answer(DIFFERENT)
    watched.drop("gifs/cat.gif", "category=noisy")
    for _ in range(2):
        assert watched.run() == 0
        assert "the engine is NOT verified" in capfd.readouterr().err
    assert watched.states() == {"gifs/cat.gif": "done"}
    assert len(answer.calls()) == 1
    assert "DIFFERS from the gfpgan package" in status(watched.config)
    assert "→ set `engine: upstream`" in status(watched.config)


def test_a_comparison_that_could_not_be_made_stops_nothing_and_is_tried_again(watched, answer, capfd):
    answer({"error": "no memory"})
    watched.drop("gifs/cat.gif", "category=noisy")
    assert watched.run() == 0
    assert "no memory" in capfd.readouterr().err
    assert watched.states() == {"gifs/cat.gif": "done"}
    watched.run()
    assert len(answer.calls()) == 2


@pytest.mark.parametrize("settings", [{"engine": "upstream"}, {"restorer": "compact"}])
def test_nothing_is_compared_where_our_engine_is_not_used(watched, answer, settings):
    watched.run(**settings)
    assert answer.calls() == []


def test_nothing_is_compared_and_nothing_said_without_weights(root, answer):
    root.run()
    assert answer.calls() == []
    assert "engine" not in status(root.config)


def test_jobs_do_not_wait_for_the_comparison_and_it_ends_with_the_daemon(watched, answer):
    answer(EQUAL, then="import os; open('pid', 'w').write(str(os.getpid())); time.sleep(100)")
    with contextlib.chdir(watched.path.parent), watched.running():
        watched.drop("gifs/cat.gif", "category=noisy")
        watched.wait_for("SELECT count(*) FROM jobs WHERE state = 'done'")
        while not (pid := Path("pid").read_text() if Path("pid").exists() else ""):
            time.sleep(0.05)
        assert Path(f"/proc/{pid}").exists()
    assert not Path(f"/proc/{pid}").exists()


def test_weights_that_arrive_while_the_daemon_runs_are_compared(root, answer, monkeypatch):
    monkeypatch.setattr("daemon.verification.background.LOOK_S", 0.1)
    root.config = replace(root.config, models=Models(folder=root.path.parent / "weights"))
    with root.running():
        root.wait_for("SELECT count(*) FROM events")
        assert answer.calls() == []
        put_weights(root.config.models.folder)
        end = time.monotonic() + 20
        while not (root.config.models.folder / "verified.json").exists() and time.monotonic() < end:
            time.sleep(0.05)
    assert "engine       verified" in status(root.config)
