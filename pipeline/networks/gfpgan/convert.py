"""Convert GFPGAN to OpenVINO's format, once and in a process of its own: it takes 30 s and 3 GB.

Run as `python -m pipeline.networks.gfpgan.convert`; the job comes in JSON on stdin.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from pipeline.errors import NoSpace, OutOfMemory, PipelineError
from pipeline.networks.gfpgan.layers import Architecture
from pipeline.networks.weights.registry import Weights
from pipeline.settings import Models


class ConversionFailed(PipelineError):
    """OpenVINO's converter failed; PyTorch still works."""

    permanent = False


FORMAT = 1  # to be raised when a change of the network's code changes the converted model
SPARE = 1.2  # free disk space that a conversion needs, in sizes of the weights


def converted(weights: Weights, models: Models, arch: Architecture) -> Path:
    """Path of the converted model beside the weights, keyed by their hash; converts them where it is missing.

    Raises NoSpace, OutOfMemory, and ConversionFailed with the converter's last words.
    """
    target = models.folder / f"{weights.name}-{weights.sha256[:16]}-{FORMAT}.xml"
    if not target.exists():
        _check_space(weights, models)
        job = {"weights": asdict(weights), "folder": str(models.folder), "arch": asdict(arch), "target": str(target)}
        _run(json.dumps(job), weights)
    return target


def _check_space(weights: Weights, models: Models) -> None:
    disk = os.statvfs(models.folder)
    free = disk.f_bavail * disk.f_frsize
    if free < SPARE * weights.bytes:
        raise NoSpace(
            f"the OpenVINO copy of {weights.name} needs {SPARE * weights.bytes / 2**20:.0f} MB in {models.folder}, "
            f"where {free / 2**20:.0f} MB are free: make room, or set `engine: torch`"
        )


def _run(job: str, weights: Weights) -> None:
    command = [sys.executable, "-m", "pipeline.networks.gfpgan.convert"]
    done = subprocess.run(command, input=job, capture_output=True, text=True, check=False)
    if done.returncode < 0 or "MemoryError" in done.stderr:
        raise OutOfMemory(
            f"converting {weights.name} for OpenVINO needs about 3 GB of memory and was ended: set `engine: torch`"
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ConversionFailed(f"{weights.name} can't be converted for OpenVINO ({last}): set `engine: torch`")


def convert(weights: Weights, models: Models, arch: Architecture, target: Path) -> None:
    """Trace the network for one face and write `target` and its `.bin`; `target` appears last, when both are whole."""
    import torch

    from pipeline.networks.gfpgan.network import load
    from pipeline.networks.quiet_openvino import openvino

    torch.set_grad_enabled(False)
    ov = openvino()
    shape = (1, 3, arch.size, arch.size)
    model = ov.convert_model(load(weights, models, arch).eval(), example_input=torch.zeros(shape), input=shape)
    part = target.with_name(f".{os.getpid()}-{target.name}")
    try:
        ov.save_model(model, part, compress_to_fp16=False)
        part.with_suffix(".bin").replace(target.with_suffix(".bin"))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
        part.with_suffix(".bin").unlink(missing_ok=True)


def main() -> None:
    """Do the job that stdin describes."""
    job = json.load(sys.stdin)
    models = Models(folder=Path(job["folder"]))
    convert(Weights(**job["weights"]), models, Architecture(**job["arch"]), Path(job["target"]))


if __name__ == "__main__":
    main()
