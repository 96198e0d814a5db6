"""Our engine gives what upstream's network gives for the same weights."""

from functools import partial

import numpy as np
import pytest
import torch
from restore_random import SMALL, save_gfpgan, upstream

from pipeline.networks.batches import to_bytes
from pipeline.networks.gfpgan.build import build
from pipeline.networks.gfpgan.layers import Architecture
from pipeline.networks.gfpgan.network import Network
from pipeline.networks.gfpgan.torch_engine import arranged, forward, restorer
from pipeline.networks.weights.checkpoint import fill
from pipeline.settings import Models, Settings

torch.set_num_threads(2)


def faces(count: int, size: int, seed: int = 0) -> np.ndarray:
    coarse = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    smooth = torch.nn.functional.interpolate(coarse, size=size, mode="bicubic").clamp(0, 1)
    return (smooth * 255).round().byte().permute(0, 2, 3, 1).numpy()


def upstream_restores(network: torch.nn.Module, face: np.ndarray, randomize_noise: bool = False) -> np.ndarray:
    """As `GFPGANer.enhance` does it, with the noise that is stored."""
    from basicsr.utils import img2tensor, tensor2img
    from torchvision.transforms.functional import normalize

    x = img2tensor(face[..., ::-1] / 255.0, bgr2rgb=True, float32=True)
    normalize(x, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), inplace=True)
    with torch.no_grad():
        out = network(x[None], return_rgb=False, randomize_noise=randomize_noise)[0]
    return tensor2img(out[0], rgb2bgr=False, min_max=(-1, 1))


def ours(network: torch.nn.Module, arch: Architecture = SMALL, dtype: torch.dtype = torch.float32, batch: int = 4):
    with torch.device("meta"):
        built = Network(arch)
    fill(built, {k: v.clone() for k, v in network.state_dict().items()}, "random")
    return restorer(built, "cpu", dtype, batch)


def steps(a: np.ndarray, b: np.ndarray) -> int:
    return int(np.abs(a.astype(int) - b.astype(int)).max())


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(np.mean((a.astype(float) - b) ** 2), 1e-9)))


@pytest.mark.parametrize(
    "arch",
    [SMALL, Architecture(size=128, channel_multiplier=2, narrow=0.25), Architecture(size=256, narrow=0.0625, style=64)],
    ids=["64 px", "128 px", "256 px"],
)
def test_every_pixel_is_within_one_step_of_upstream(arch):
    network = upstream(arch, seed=3)
    batch = faces(3, arch.size)
    restored = ours(network, arch).restore(batch)
    assert restored.std() > 10
    for face, mine in zip(batch, restored, strict=True):
        assert steps(upstream_restores(network, face), mine) <= 1


def test_a_batch_is_within_one_step_of_the_faces_one_by_one():
    network = upstream()
    batch = faces(5, SMALL.size)
    together = ours(network, batch=5).restore(batch)
    alone = ours(network, batch=1).restore(batch)
    assert steps(together, alone) <= 1


def test_upstreams_random_noise_would_be_noticed():
    network = upstream()
    face = faces(1, SMALL.size)[0]
    assert steps(upstream_restores(network, face, randomize_noise=True), ours(network).restore(face[None])[0]) > 8


def test_the_same_faces_give_the_same_bytes():
    engine = ours(upstream())
    batch = faces(3, SMALL.size)
    assert np.array_equal(engine.restore(batch), engine.restore(batch))


@pytest.mark.parametrize("arch", [SMALL, Architecture(size=128, narrow=0.25)], ids=["64 px", "128 px"])
def test_bfloat16_stays_above_45_db_of_upstream(arch):
    network = upstream(arch)
    batch = faces(4, arch.size)
    restored = ours(network, arch, torch.bfloat16).restore(batch)
    for face, mine in zip(batch, restored, strict=True):
        assert psnr(upstream_restores(network, face), mine) > 45


@pytest.mark.parametrize("batch", [1, 3])
def test_the_same_faces_give_the_same_bytes_in_bfloat16(batch):
    engine = ours(upstream(), dtype=torch.bfloat16, batch=batch)
    three = faces(3, SMALL.size)
    assert np.array_equal(engine.restore(three), engine.restore(three))
    assert np.array_equal(engine.restore(three[::-1].copy()), engine.restore(three)[::-1])


def test_the_layout_for_cards_gives_the_same_faces():
    network = upstream()
    with torch.device("meta"):
        built = Network(SMALL)
    fill(built, {k: v.clone() for k, v in network.state_dict().items()}, "random")
    run = forward(arranged(built.eval(), torch.channels_last), "cpu", torch.float32, torch.channels_last)
    batch = faces(2, SMALL.size)
    restored = np.stack([to_bytes(picture) for picture in run(batch)])
    assert steps(restored, ours(network).restore(batch)) <= 1


def compiling(network, monkeypatch, backend):
    torch._dynamo.reset()
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend=backend))
    with torch.device("meta"):
        built = Network(SMALL)
    fill(built, {k: v.clone() for k, v in network.state_dict().items()}, "random")
    return restorer(built, "cpu", torch.float32, 1, compile=True)


def test_the_network_that_is_compiled_gives_the_same_faces(monkeypatch):
    network, batch = upstream(), faces(2, SMALL.size)
    assert steps(compiling(network, monkeypatch, "eager").restore(batch), ours(network).restore(batch)) <= 1


def test_the_network_is_compiled_as_a_whole(monkeypatch):
    graphs = []
    compiling(upstream(), monkeypatch, lambda graph, _: graphs.append(graph) or graph.forward).restore(faces(1, 64))
    assert len(graphs) == 1


def test_without_a_compiler_the_network_runs_as_it_is_and_the_log_says_so(monkeypatch, caplog):
    def missing(*_):
        raise RuntimeError("no C++ compiler")

    network, batch = upstream(), faces(2, SMALL.size)
    restored = compiling(network, monkeypatch, missing).restore(batch)
    assert np.array_equal(restored, ours(network, batch=1).restore(batch))
    assert [
        "no C++ compiler" in r.message for r in caplog.records if r.name == "pipeline.networks.gfpgan.compiling"
    ] == [True]


def test_no_face_is_no_error():
    assert ours(upstream()).restore(np.empty((0, 64, 64, 3), np.uint8)).shape == (0, 64, 64, 3)


def test_a_checkpoint_of_the_official_size_restores_as_upstream_does(tmp_path):
    full = Architecture()
    network = upstream(full, seed=1)
    models = Models(folder=tmp_path)
    weights = save_gfpgan(network, models)
    assert abs(weights.bytes - 348632874) < 300_000
    face = faces(1, 512)
    expected = upstream_restores(network, face[0])
    del network
    loaded = build(weights, Settings(restorer="gfpgan", engine="torch", device="cpu", models=models))
    assert (loaded.name, loaded.engine, loaded.fallback) == ("gfpgan", "torch", None)
    restored = loaded.restorer.restore(face)
    assert steps(expected, restored[0]) <= (1 if loaded.dtype == "float32" else 255)
    assert psnr(expected, restored[0]) > 45
