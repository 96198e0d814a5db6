"""OpenVINO gives what PyTorch gives, converts once, and tells nobody."""

import subprocess
import sys

import numpy as np
import pytest
from restore_random import SMALL, save_gfpgan, upstream
from test_restore_parity import faces, psnr, steps

from pipeline.errors import NoSpace
from pipeline.networks.gfpgan import convert
from pipeline.networks.gfpgan.build import build
from pipeline.networks.hardware import processor_flags
from pipeline.settings import Models, Settings


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    models = Models(folder=tmp_path_factory.mktemp("models"))
    weights = save_gfpgan(upstream(), models)
    return weights, models, build(weights, Settings(engine="openvino", models=models), SMALL)


def test_it_stays_above_45_db_of_pytorch_and_says_what_it_is(made):
    weights, models, loaded = made
    assert (loaded.engine, loaded.device) == ("openvino", "cpu")
    native = bool(processor_flags() & {"avx512_bf16", "amx_bf16"})
    assert loaded.dtype == ("bfloat16" if native else "float32")
    batch = faces(5, SMALL.size)
    reference = build(weights, Settings(engine="torch", device="cpu", models=models), SMALL).restorer.restore(batch)
    restored = loaded.restorer.restore(batch)
    assert psnr(reference, restored) > 45
    if not native:
        assert steps(reference, restored) <= 1


def test_the_same_faces_give_the_same_bytes_in_any_order(made):
    _, _, loaded = made
    batch = faces(5, SMALL.size)
    first = loaded.restorer.restore(batch)
    assert np.array_equal(first, loaded.restorer.restore(batch))
    assert np.array_equal(first[::-1], loaded.restorer.restore(np.ascontiguousarray(batch[::-1])))


def test_no_more_faces_run_at_once_than_the_settings_say(made):
    weights, models, _ = made
    assert build(weights, Settings(engine="openvino", models=models, batch=1), SMALL).batch == 1


def test_the_model_is_converted_once_and_lies_beside_the_weights(made, monkeypatch):
    weights, models, _ = made

    def never(*args, **kwargs):
        raise AssertionError("converted a second time")

    monkeypatch.setattr(subprocess, "run", never)
    build(weights, Settings(engine="openvino", models=models), SMALL)
    assert sorted(path.suffix for path in models.folder.iterdir()) == [".bin", ".pth", ".xml"]
    assert weights.sha256[:16] in str(sorted(models.folder.glob("*.xml")))


def test_no_space_for_the_converted_model_is_said_before_the_work(made, monkeypatch, tmp_path):
    weights, _, _ = made
    monkeypatch.setattr(convert, "SPARE", 1e12)
    with pytest.raises(NoSpace, match="engine: torch"):
        convert.converted(weights, Models(folder=tmp_path), SMALL)


def test_a_failed_conversion_is_an_error_that_says_what_to_set(monkeypatch, tmp_path):
    models = Models(folder=tmp_path)
    weights = save_gfpgan(upstream(seed=5), models)
    monkeypatch.setattr(convert.sys, "executable", "/bin/false")
    with pytest.raises(convert.ConversionFailed, match="engine: torch"):
        build(weights, Settings(engine="openvino", models=models), SMALL)


def test_nothing_is_converted_unless_openvino_is_asked_for(monkeypatch, tmp_path):
    models = Models(folder=tmp_path)
    weights = save_gfpgan(upstream(seed=5), models)
    monkeypatch.setattr("pipeline.networks.gfpgan.choice.processor_flags", lambda: frozenset({"avx512_bf16"}))
    loaded = build(weights, Settings(device="cpu", models=models), SMALL)
    assert (loaded.engine, loaded.dtype) == ("torch", "bfloat16")
    assert [path.suffix for path in tmp_path.iterdir()] == [".pth"]


def test_openvinos_telemetry_is_never_loaded():
    code = (
        "import sys; from pipeline.networks.quiet_openvino import openvino; ov = openvino();"
        "import openvino.tools.ovc.convert_impl as c, openvino.tools.ovc.utils as u;"
        "import openvino.tools.ovc.telemetry_utils as t;"
        "stub = 'openvino.tools.ovc.telemetry_stub';"
        "assert {m.tm.__name__ for m in (c, u, t)} == {stub};"
        "assert not [m for m in sys.modules if m.startswith('openvino_telemetry.')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
