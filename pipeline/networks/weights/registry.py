"""Lists the weights, with their sources and hashes, and verifies their files. Needs no torch."""

import hashlib
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from pipeline.errors import WeightsMissing, WeightsWrong
from pipeline.settings import Models

_GFPGAN = "https://github.com/TencentARC/GFPGAN/releases/download/v1.3.0"
_FACEXLIB = "https://github.com/xinntao/facexlib/releases/download"
_GFPGAN_LICENCE = "Apache-2.0, except for third-party components (its LICENSE contains NVIDIA's StyleGAN2 licence)"


@dataclass(frozen=True, slots=True)
class Weights:
    """One file of weights as its publisher released it."""

    name: str
    file: str
    url: str
    bytes: int
    sha256: str
    licence: str
    purpose: str


REGISTRY: dict[str, Weights] = {
    weights.name: weights
    for weights in (
        Weights(
            "GFPGANv1.4",
            "GFPGANv1.4.pth",
            f"{_GFPGAN}/GFPGANv1.4.pth",
            348632874,
            "e2cd4703ab14f4d01fd1383a8a8b266f9a5833dacee8e6a79d3bf21a1b6be5ad",
            _GFPGAN_LICENCE,
            "face restorer",
        ),
        Weights(
            "GFPGANv1.3",
            "GFPGANv1.3.pth",
            f"{_GFPGAN}/GFPGANv1.3.pth",
            348632874,
            "c953a88f2727c85c3d9ae72e2bd4846bbaf59fe6972ad94130e23e7017524a70",
            _GFPGAN_LICENCE,
            "face restorer, more natural and less sharp",
        ),
        Weights(
            "RAFT-small",
            "raft_small_C_T_V2-01064c6d.pth",
            "https://download.pytorch.org/models/raft_small_C_T_V2-01064c6d.pth",
            4006189,
            "01064c6dba73b0fc9fc8edf772248560a00a3acfd62ac6677e9eeebad9680e27",
            "BSD-3-Clause",
            "optical flow",
        ),
        Weights(
            "RetinaFace-ResNet50",
            "detection_Resnet50_Final.pth",
            f"{_FACEXLIB}/v0.1.0/detection_Resnet50_Final.pth",
            109497761,
            "6d1de9c2944f2ccddca5f5e010ea5ae64a39845a86311af6fdf30841b0a5a16d",
            "MIT",
            "face detector (detector: retinaface)",
        ),
        Weights(
            "ParseNet",
            "parsing_parsenet.pth",
            f"{_FACEXLIB}/v0.2.2/parsing_parsenet.pth",
            85331193,
            "3d558d8d0e42c20224f13cf5a29c79eba2d59913419f945545d8cf7b72920de2",
            "unclear: published by facexlib (MIT), trained elsewhere",
            "paste mask (mask: parsenet)",
        ),
        Weights(
            "RealESRGAN_x2plus",
            "RealESRGAN_x2plus.pth",
            "https://github.com/xinntao/Real-ESRGAN/releases/download/v0.2.1/RealESRGAN_x2plus.pth",
            67061725,
            "49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb",
            "BSD-3-Clause",
            "background upscaler (background: realesrgan)",
        ),
    )
}


def present(weights: Weights, models: Models) -> bool:
    """Whether the models folder has a file of the right name and size; `verify` also checks its content."""
    path = models.folder / weights.file
    return path.is_file() and path.stat().st_size == weights.bytes


def verify(weights: Weights, models: Models) -> Path:
    """Hash the file in the models folder and return its path. Raises WeightsMissing, WeightsWrong."""
    with open_verified(weights, models) as file:
        return Path(file.name)


def open_verified(weights: Weights, models: Models) -> BufferedReader:
    """Open the file, hash it and return the same handle at its start, so that the bytes loaded are the bytes hashed.

    Raises WeightsMissing if there is no file and WeightsWrong if its size or hash is not the registry's.
    """
    path = models.folder / weights.file
    try:
        if path.exists() and not path.is_file():  # opening a pipe would wait for its writer
            raise WeightsWrong(f"{path} is no regular file: remove it, then `gifrestored models pull {weights.name}`")
        file = path.open("rb")
    except OSError as error:
        raise WeightsMissing(how_to_get(weights, models)) from error
    try:
        _check(weights, path, file)
    except BaseException:
        file.close()
        raise
    return file


def how_to_get(weights: Weights, models: Models) -> str:
    """Return instructions for getting the file and checking it, on a machine with or without internet."""
    folder = models.folder.absolute()
    return (
        f"the weights {weights.name} are not in {folder}: run `gifrestored models pull {weights.name}`, or without "
        f"internet fetch {weights.url} elsewhere, put it there as {weights.file} "
        f"({weights.bytes} bytes) and check that its SHA-256 is {weights.sha256}"
    )


def _check(weights: Weights, path: Path, file: BufferedReader) -> None:
    size = path.stat().st_size
    if size != weights.bytes:
        raise WeightsWrong(
            f"{path} has {size} bytes, {weights.name} has {weights.bytes}: remove it, then "
            f"`gifrestored models pull {weights.name}`"
        )
    actual = hashlib.file_digest(file, "sha256").hexdigest()
    if actual != weights.sha256:
        raise WeightsWrong(
            f"{path} has SHA-256 {actual}, {weights.name} has {weights.sha256}: it is another file or damaged. "
            f"Remove it, then `gifrestored models pull {weights.name}`"
        )
    file.seek(0)
