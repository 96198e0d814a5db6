"""`python -m pipeline.probe` prints as JSON what this machine can do. It imports everything, so run it as a process."""

import importlib
import json
from dataclasses import asdict, dataclass

LIBRARIES = ("numpy", "torch", "torchvision", "cv2", "av", "PIL", "numba", "openvino", "piq")


@dataclass(frozen=True, slots=True)
class Probe:
    """The libraries that don't load, with their errors; the device that torch would use; what FFmpeg can encode."""

    broken: dict[str, str]
    device: str
    device_name: str
    h264: bool = False


def probe() -> Probe:
    """Import every library that works on pixels. One that fails is reported in `broken`, not raised."""
    broken = {}
    for name in LIBRARIES:
        try:
            importlib.import_module(name)
        except Exception as error:
            broken[name] = f"{type(error).__name__}: {error}"
    device, name = ("none", "") if "torch" in broken else _device()
    return Probe(broken, device, name, h264="av" not in broken and _encodes_h264())


def _device() -> tuple[str, str]:
    import torch

    if torch.cuda.is_available():
        return "cuda", torch.cuda.get_device_name()
    if torch.backends.mps.is_available():
        return "mps", "Apple GPU"
    return "cpu", f"{torch.get_num_threads()} threads"


def _encodes_h264() -> bool:
    import av

    return bool({"libx264", "h264"} & av.codecs_available)


if __name__ == "__main__":
    print(json.dumps(asdict(probe())))
