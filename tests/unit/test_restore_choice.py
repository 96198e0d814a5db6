import pytest
import torch

from pipeline.errors import DeviceMissing
from pipeline.networks.gfpgan import choice
from pipeline.networks.gfpgan.choice import Choice, choose
from pipeline.settings import Settings


@pytest.fixture
def machine(monkeypatch):
    def made(flags="", cuda=False, mps=False, bf16=True, free_gb=8):
        monkeypatch.setattr(choice, "processor_flags", lambda: frozenset(flags.split()))
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bf16)
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (free_gb << 30, 80 << 30))

    return made


@pytest.mark.parametrize(
    ("flags", "engine", "expected"),
    [
        ("avx2", "auto", Choice("torch", "cpu", torch.float32, 1)),
        ("avx2", "openvino", Choice("openvino", "cpu", torch.float32, 1)),
        ("avx2 avx512f", "auto", Choice("torch", "cpu", torch.float32, 1)),
        ("avx2 avx512_bf16", "auto", Choice("torch", "cpu", torch.bfloat16, 1)),
        ("avx512_bf16 amx_bf16", "auto", Choice("torch", "cpu", torch.bfloat16, 1)),
        ("avx512_bf16 amx_bf16", "openvino", Choice("openvino", "cpu", torch.bfloat16, 1)),
        ("avx512_bf16 amx_bf16", "torch", Choice("torch", "cpu", torch.float32, 1)),
        ("", "auto", Choice("torch", "cpu", torch.float32, 1)),
    ],
)
def test_bfloat16_is_used_only_where_the_processor_computes_it(machine, flags, engine, expected):
    machine(flags)
    assert choose(Settings(engine=engine)) == expected


@pytest.mark.parametrize(("bf16", "dtype"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_card_is_used_where_there_is_one_in_the_format_it_really_has(machine, bf16, dtype):
    machine("avx2", cuda=True, bf16=bf16)
    chosen = choose(Settings())
    assert (chosen.engine, chosen.device, chosen.dtype) == ("torch", "cuda", dtype)


@pytest.mark.parametrize(("free_gb", "batch"), [(0, 1), (2, 1), (8, 7), (79, 16)])
def test_the_batch_fits_the_cards_free_memory(machine, free_gb, batch):
    machine(cuda=True, free_gb=free_gb)
    assert choose(Settings()).batch == batch


@pytest.mark.parametrize(("most", "batch"), [(0, 7), (2, 2), (32, 7)])
def test_the_batch_is_no_larger_than_the_settings_say(machine, most, batch):
    machine(cuda=True, free_gb=8)
    assert choose(Settings(batch=most)).batch == batch


def test_apples_gpu_is_used_before_the_processor(machine):
    machine(mps=True)
    assert choose(Settings()) == Choice("torch", "mps", torch.float32, 1)


def test_the_processor_can_be_asked_for_beside_a_card(machine):
    machine("avx2", cuda=True)
    assert choose(Settings(device="cpu")).device == "cpu"


def test_openvino_asked_for_runs_on_the_processor_even_beside_a_card(machine):
    machine("avx2", cuda=True)
    assert choose(Settings(engine="openvino")).engine == "openvino"


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_an_error_that_says_so(machine, device):
    machine("avx2")
    with pytest.raises(DeviceMissing, match="device: auto"):
        choose(Settings(device=device))


def test_the_type_is_recorded_by_its_plain_name(machine):
    machine("avx2")
    assert choose(Settings()).dtype_name == "float32"
