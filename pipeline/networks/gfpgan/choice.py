"""Chooses the engine, device, number format and batch that suit GFPGAN on this machine."""

from dataclasses import dataclass

import torch

from pipeline.networks.hardware import pick_device, processor_flags
from pipeline.settings import Settings

CUDA_FACE_BYTES = {torch.bfloat16: 800 << 20, torch.float32: 1600 << 20}  # feature maps of one 512×512 face
CUDA_SHARE = 0.7  # of the free memory; the rest is for cuDNN's workspace
CUDA_MAX_BATCH = 16


@dataclass(frozen=True, slots=True)
class Choice:
    """How GFPGAN runs; `dtype` is float32 or bfloat16."""

    engine: str
    device: str
    dtype: torch.dtype
    batch: int

    @property
    def dtype_name(self) -> str:
        """The name that a clip's row records."""
        return str(self.dtype).removeprefix("torch.")


def choose(settings: Settings) -> Choice:
    """Choose once, from the settings and the machine. Raises DeviceMissing.

    PyTorch with our own Winograd convolutions is the fastest on every processor. Where the processor computes bfloat16
    a face takes 1.2 processor seconds, beside OpenVINO's 1.9, both at 48 dB of float32. Elsewhere it takes 2.2, and
    OpenVINO 4.8. `engine: torch` asks for float32, which is within 1/255 of upstream.
    """
    device = pick_device(settings.device) if settings.engine != "openvino" else "cpu"
    if settings.engine == "upstream":
        batch = _cuda_batch(torch.float32, settings.batch) if device == "cuda" else 1
        return Choice("upstream", device, torch.float32, batch)
    if device == "cuda":
        return _cuda(settings.batch)
    if device == "mps":
        return Choice("torch", "mps", torch.float32, 1)
    bf16 = bool(processor_flags() & {"avx512_bf16", "amx_bf16"})
    if settings.engine == "openvino":
        return Choice("openvino", "cpu", torch.bfloat16 if bf16 else torch.float32, 1)
    return Choice("torch", "cpu", torch.bfloat16 if bf16 and settings.engine == "auto" else torch.float32, 1)


def _cuda(max_batch: int) -> Choice:
    bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
    dtype = torch.bfloat16 if bf16 else torch.float32
    return Choice("torch", "cuda", dtype, _cuda_batch(dtype, max_batch))


def _cuda_batch(dtype: torch.dtype, max_batch: int) -> int:
    """Return how many faces at once fit the card's free memory."""
    free, _ = torch.cuda.mem_get_info()
    batch = int(free * CUDA_SHARE) // CUDA_FACE_BYTES[dtype]
    return max(1, min(batch, max_batch or CUDA_MAX_BATCH))
