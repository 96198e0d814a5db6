"""The one form in which reports leave the worker, wait in the catalogue and are printed: JSON, and back.

It is JSON as the standard library writes it. NaN and infinity keep their names, and text that is no valid UTF-8, such
as a path on an old disk, comes back as it was.
"""

import dataclasses
import json
from pathlib import PurePath
from typing import Any

from pydantic import TypeAdapter

from pipeline.report import ClipReport

_REPORTS = TypeAdapter(list[ClipReport])


def to_json(value: object, indent: int | None = None) -> str:
    """An answer of the worker as ASCII: plain values, paths, data classes of these. Raises TypeError for all else."""
    return json.dumps(value, default=_plain, indent=indent)


def reports_from_json(text: str) -> list[ClipReport]:
    """The reports that `to_json` wrote. Raises ValueError where it is something else."""
    return reports_from_values(json.loads(text))


def reports_from_values(values: Any) -> list[ClipReport]:
    """The reports in JSON that has been read already. Raises ValueError where there is something else."""
    return _REPORTS.validate_python(values)


def _plain(value: object) -> object:
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"a {type(value).__name__} has no form in JSON")
