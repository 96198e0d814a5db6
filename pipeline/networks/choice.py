"""Which engine, device, number format and batch suit the machine."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

from pipeline.errors import DeviceMissing
from pipeline.settings import Settings

CUDA_FACE_BYTES = {torch.bfloat16: 800 << 20, torch.float32: 1600 << 20}  # feature maps of one 512×512 face
CUDA_SHARE = 0.7  # of the free memory; the rest is for cuDNN's workspace
CUDA_MOST = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """How GFPGAN is run; `dtype` is float32 or bfloat16."""

    engine: str
    device: str
    dtype: torch.dtype
    batch: int

    @property
    def dtype_name(self) -> str:
        """As it is recorded in a clip's row."""
        return str(self.dtype).removeprefix("torch.")


def choose(settings: Settings) -> Choice:
    """Decide once, from the settings and what the machine says of itself.

    PyTorch with our own Winograd convolutions is the fastest on every processor: where it computes bfloat16, 1.1
    processor seconds a face beside OpenVINO's 1.9, at 48 dB of float32 both; else 2.2, where OpenVINO takes 4.8.
    `engine: torch` asks for float32, which is within 1/255 of upstream.
    """
    device = pick_device(settings.device) if settings.engine != "openvino" else "cpu"
    if device == "cuda":
        return _cuda(settings.batch)
    if device == "mps":
        return Choice("torch", "mps", torch.float32, 1)
    bf16 = bool(processor_flags() & {"avx512_bf16", "amx_bf16"})
    if settings.engine == "openvino":
        return Choice("openvino", "cpu", torch.bfloat16 if bf16 else torch.float32, 1)
    return Choice("torch", "cpu", torch.bfloat16 if bf16 and settings.engine == "auto" else torch.float32, 1)


def compact_engine(settings: Settings, device: str) -> Literal["torch", "openvino"]:
    """What runs `compact`: OpenVINO on a processor, for 0.05 s a frame of 256×256 against torch's 0.08 on two cores."""
    return "torch" if settings.engine == "torch" or device != "cpu" else "openvino"


def pick_device(wanted: str) -> str:
    """The device asked for, or the best that is there. Raises DeviceMissing where the one asked for is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return next(device for device, usable in there.items() if usable)
    if not there[wanted]:
        raise DeviceMissing(f"device: {wanted} is not usable on this machine: set `device: auto` or `device: cpu`")
    return wanted


def _cuda(most: int) -> Choice:
    bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
    dtype = torch.bfloat16 if bf16 else torch.float32
    free, _ = torch.cuda.mem_get_info()
    batch = int(free * CUDA_SHARE) // CUDA_FACE_BYTES[dtype]
    return Choice("torch", "cuda", dtype, max(1, min(batch, most or CUDA_MOST)))


def processor_flags() -> frozenset[str]:
    """What the kernel says the processor can do; empty where it does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())


def threads() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
