"""What this machine has: devices, the processor's instructions and its cores."""

import os
from pathlib import Path

import torch

from pipeline.errors import DeviceMissing


def pick_device(setting: str) -> str:
    """Return the device that `setting` names, or the best one for `auto`. Raises DeviceMissing if it is not usable."""
    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if setting == "auto":
        return next(device for device, is_usable in usable.items() if is_usable)
    if not usable[setting]:
        raise DeviceMissing(f"device: {setting} is not usable on this machine: set `device: auto` or `device: cpu`")
    return setting


def processor_flags() -> frozenset[str]:
    """Return the instruction sets that the kernel lists for the processor; empty if it lists none."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.partition(":")[2].split())


def threads() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
