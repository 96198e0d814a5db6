"""What the worker calls in place of `pipeline.run.restore_file`: the same, with random weights accepted, and metered.

The seconds by part go into `weights.PARTS` in the folder of the models.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.meter import Meter, Sharpened
from benchmarks.product import weights
from pipeline import run
from pipeline.report import ClipReport
from pipeline.restoring.tools import Tools, tools
from pipeline.settings import Settings

_METER = Meter()
_METER.attach()


def restore_file(source: Path, into: Path, settings: Settings, **others: Any) -> list[ClipReport]:
    """Restore, and leave the seconds by part behind."""
    weights.accept(settings.models.folder)
    _METER.restart()
    with patch.object(run, "tools", _metered):
        reports = run.restore_file(source, into, settings, **others)
    (settings.models.folder / weights.PARTS).write_text(json.dumps(_METER.parts()))
    return reports


def _metered(settings: Settings) -> Tools:
    ready = tools(settings)
    network = ready.loaded.restorer
    loaded = replace(ready.loaded, restorer=network and Sharpened(network, _METER))
    return replace(ready, loaded=loaded, background=_METER.on("background", ready.background))
