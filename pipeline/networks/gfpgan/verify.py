"""Does our engine give what the `gfpgan` package gives? Compares both on a built-in face with the weights at hand.

Run as `python -m pipeline.networks.gfpgan.verify`: it needs up to 3 GB, so a process of its own. The job comes in JSON
on stdin; stdout's last line is the comparison in JSON, or `{"error": …}`.
"""

import ctypes
import gc
import json
import os
import signal
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import cv2
import imageio.v3 as imageio
import numpy as np
import piq
import torch

from pipeline.arrays import UInt8
from pipeline.errors import PipelineError
from pipeline.networks.gfpgan import upstream_engine
from pipeline.networks.gfpgan.build import RELEASED, build
from pipeline.networks.gfpgan.choice import choose
from pipeline.networks.gfpgan.layers import Architecture
from pipeline.networks.memory import give_back
from pipeline.networks.restorer import FaceFailed, Restorer
from pipeline.networks.weights.registry import Weights
from pipeline.report import EngineComparison
from pipeline.settings import Models, Settings

FACE = Path(__file__).with_name("face.jpg")  # NASA's portrait of Eileen Collins, aligned
MOST_LEVELS = 1  # of 255, in float32: both round, so the smallest difference can make a level
LEAST_DB = 45.0  # in bfloat16
PR_SET_PDEATHSIG = 1


def compare(weights: Weights, settings: Settings, arch: Architecture = RELEASED) -> EngineComparison:
    """Restore the face with both, one after the other, so that memory never holds two networks.

    The package runs in float32 on the processor, whatever the settings say. Raises WeightsMissing, WeightsWrong,
    DeviceMissing, NoSpace, OutOfMemory.
    """
    choose(settings)  # raises before the work where a device is missing
    face = built_in_face(arch.size)
    expected = _restored_upstream(face, weights, settings.models, arch)
    gc.collect()
    give_back()
    loaded = build(weights, settings, arch)
    assert loaded.restorer is not None  # `build` makes GFPGAN or raises
    levels, psnr_db = difference(expected, _restored(face, loaded.restorer))
    equal = levels <= MOST_LEVELS if loaded.dtype == "float32" else psnr_db >= LEAST_DB
    return EngineComparison(loaded.engine, loaded.device, loaded.dtype, levels, round(psnr_db, 2), equal)


def built_in_face(side: int) -> UInt8:
    """The aligned face (side, side, 3) uint8 sRGB; 512 px as it is."""
    face: UInt8 = imageio.imread(FACE, plugin="pillow")
    return face if len(face) == side else np.asarray(cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA))


def difference(expected: UInt8, restored: UInt8) -> tuple[int, float]:
    """The largest difference in levels of 255, and the PSNR in dB (80 where both are equal)."""
    levels = int(cv2.absdiff(expected, restored).max())
    pictures = (torch.from_numpy(face[None]).permute(0, 3, 1, 2) / 255 for face in (expected, restored))
    return levels, float(piq.psnr(*pictures))


def _restored_upstream(face: UInt8, weights: Weights, models: Models, arch: Architecture) -> UInt8:
    network = upstream_engine.load(weights, models, arch)
    return np.asarray(upstream_engine.restorer(network, "cpu", 1).restore(face[None])[0])


def _restored(face: UInt8, restorer: Restorer) -> UInt8:
    """A face that our engine fails at stays as it is, which the comparison then shows."""
    try:
        return np.asarray(restorer.restore(face[None])[0])
    except FaceFailed as failure:
        return np.asarray(failure.restored[0])


def _yield_to_others(parent: int) -> None:
    """Take the processor last, be the first to go where memory runs out, and die with the daemon."""
    with suppress(OSError):  # systemd's filter forbids it, and has set the unit's own priority
        os.nice(19)
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # the daemon died before the line above
        raise SystemExit(1)


def main() -> None:
    """Do the job that stdin describes."""
    job = json.load(sys.stdin)
    if job["background_of"] is not None:
        _yield_to_others(job["background_of"])
    settings = Settings(engine=job["engine"], device=job["device"], models=Models(folder=Path(job["folder"])))
    try:
        comparison = compare(Weights(**job["weights"]), settings, Architecture(**job.get("arch", {})))
        print(json.dumps(asdict(comparison)))
    except PipelineError as error:
        print(json.dumps({"error": str(error)}))


if __name__ == "__main__":
    main()
