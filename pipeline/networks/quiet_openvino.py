"""OpenVINO without its telemetry."""

import sys
from typing import Any


def openvino() -> Any:
    """Import OpenVINO so that it can't phone home.

    Its converter reports to Google Analytics through the package `openvino_telemetry` unless that can't be imported;
    then it uses a stub of its own.
    """
    loaded = sys.modules.get("openvino_telemetry")
    if loaded is not None:
        raise RuntimeError("openvino_telemetry was imported before it could be switched off")
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino as module

    return module
