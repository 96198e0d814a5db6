"""Models are loaded anew when a setting that they depend on changes, and never else."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from daemon.settings.config import Config, Retention
from pipeline.networks.loaded import Loaded
from pipeline.networks.weights.registry import REGISTRY
from pipeline.report import Measurement
from pipeline.restoring import backgrounds, tools
from pipeline.restoring.tools import tools as tools_of
from pipeline.settings import Faces, Gif, Limits, Models, Settings, Temporal, Video

EVERYTHING = Config(restorer="gfpgan", detector="retinaface", mask="parsenet", temporal=Temporal(flow="raft"))


@pytest.fixture(autouse=True)
def _cold():
    """As in a fresh worker: nothing is loaded, and nothing of the test stays."""

    def forget():
        for cache in (tools._load_restorer, tools._load_detector, tools._load_masker, tools._load_estimator):
            cache.cache_clear()
        backgrounds._load_compact.cache_clear()
        backgrounds._load_realesrgan.cache_clear()

    forget()
    yield
    forget()


@pytest.fixture
def loads(monkeypatch, tmp_path):
    """The models loaded so far, in order; each stands in for one of those whose weights are not in the package."""
    told: list[str] = []

    def loading(name, model):
        return lambda *_, **__: told.append(name) or model

    restorer = Loaded(object(), "gfpgan", None, "torch", "cpu", "float32")
    monkeypatch.setattr("pipeline.networks.gfpgan.build.build", loading("gfpgan", restorer))
    monkeypatch.setattr("pipeline.restoring.loading.present", lambda *_: True)
    monkeypatch.setattr("pipeline.restoring.estimators.open_verified", lambda *_: nullcontext())
    monkeypatch.setattr("pipeline.networks.raft.raft.load", loading("raft", object()))
    monkeypatch.setattr("pipeline.networks.facexlib.retinaface.retinaface", loading("retinaface", object()))
    monkeypatch.setattr("pipeline.networks.facexlib.parsenet.parsenet", loading("parsenet", object()))
    monkeypatch.setattr("pipeline.networks.compact.upscaler.Upscaler", loading("compact", object()))
    monkeypatch.setattr("pipeline.networks.realesrgan.realesrgan.realesrgan", loading("realesrgan", object()))
    tools_of(EVERYTHING)
    assert sorted(told) == ["compact", "gfpgan", "parsenet", "raft", "retinaface"]
    told.clear()
    return told


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"retention": Retention(inputs_days=30.0)},
        {"window_megapixels": 15.0},
        {"gif": Gif(quality=50)},
        {"limits": Limits(max_frames=10)},
        {"video": Video(max_side=320)},
        {"outputs": ("webp",), "keep_frames": True},
        {"upscale": 4},
        {"faces": Faces(fade_ms=0, smooth_ms=0, max_gap_ms=0, detect_every=4)},
        {"temporal": Temporal(strength=0.5, keyframes=False, flow="raft")},
        {"models": Models(mirror="https://example.org", download=False)},
        {"data_root": Path("/elsewhere"), "workers": 2},
    ],
    ids=str,
)
def test_a_setting_that_no_model_depends_on_loads_none(loads, change):
    tools_of(replace(EVERYTHING, **change))
    assert loads == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"weights": "GFPGANv1.3"}, ["gfpgan"]),
        ({"engine": "torch"}, ["gfpgan", "compact"]),
        ({"device": "cpu"}, ["gfpgan"]),
        ({"compile": True}, ["gfpgan"]),
        ({"batch": 1}, ["gfpgan"]),
        ({"faces": Faces(min_size_px=40)}, ["retinaface"]),
        ({"faces": Faces(min_score=0.9)}, ["retinaface"]),
        ({"background": "realesrgan"}, ["realesrgan"]),
        ({"detector": "yunet", "mask": "static", "temporal": Temporal(flow="dis")}, []),
        ({"models": Models(folder=Path("/elsewhere"))}, ["gfpgan", "retinaface", "parsenet", "raft"]),
    ],
    ids=str,
)
def test_a_setting_that_models_depend_on_loads_those_and_no_others(loads, change, expected):
    tools_of(replace(EVERYTHING, **change))
    assert loads == expected


def test_while_gfpgan_is_missing_its_stand_in_is_loaded_once_and_the_weights_are_looked_for_each_time(
    loads, monkeypatch, tmp_path
):
    missing = replace(EVERYTHING, restorer="auto", models=Models(folder=tmp_path))
    assert [tools_of(missing).loaded.name for _ in range(3)] == ["compact"] * 3
    assert not {"compact", "gfpgan"} & set(loads)  # `compact` was the background before
    assert tools_of(replace(missing, background="classic")).loaded.name == "classic"

    (tmp_path / REGISTRY["GFPGANv1.4"].file).write_bytes(b"weights")

    assert tools_of(missing).loaded.name == "gfpgan"


def test_a_changed_size_or_certainty_of_faces_takes_effect():
    picture = data.astronaut()
    settings = Settings(restorer="classic")

    def faces(**chosen):
        return len(tools_of(replace(settings, faces=Faces(**chosen))).detector(picture))

    assert (faces(), faces(min_size_px=400), faces(), faces(min_score=1.0)) == (1, 0, 1, 0)


@pytest.mark.parametrize("restorer", ["classic", "compact"])
def test_a_changed_strength_and_scale_take_effect(restorer):
    frames = np.random.default_rng(0).normal(128, 12, (4, 24, 24, 3)).clip(0, 255).astype(np.uint8)
    noisy = Measurement("noisy", {"noise": 2.0}, 0.9, noise_sigma_8bit=12.0, noise_temporal_sigma_8bit=12.0)

    def enlarged(strength, upscale=2):
        chosen = Settings(restorer=restorer, upscale=upscale, temporal=Temporal(strength=strength))
        return tools_of(chosen).background(frames, noisy).enlarged

    loose, firm = enlarged(0.0), enlarged(1.0)
    assert not np.array_equal(loose, firm)
    assert np.array_equal(enlarged(0.0), loose)
    assert enlarged(1.0, upscale=4).shape == (4, 96, 96, 3)
