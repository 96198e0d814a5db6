"""Imports OpenVINO without its telemetry."""

import sys
from typing import Any


def openvino() -> Any:
    """Import OpenVINO so that it cannot report usage.

    Its converter reports to Google Analytics through the package `openvino_telemetry`. If that cannot be imported, it
    uses a stub of its own.
    """
    telemetry = sys.modules.get("openvino_telemetry")
    if telemetry is not None:
        raise RuntimeError("openvino_telemetry was imported before it could be switched off")
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino as module

    return module
