"""The one form in which reports leave the worker, wait in the catalogue and are printed: JSON, and back.

It is JSON as the standard library writes it. NaN and infinity keep their names, and a path whose bytes are no valid
UTF-8, as old disks have them, comes back as it was.
"""

import dataclasses
import json
from functools import cache
from pathlib import PurePath
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

T = TypeVar("T")


def to_json(value: object, indent: int | None = None) -> str:
    """An answer of the worker as ASCII: plain values, paths, data classes of these. Raises TypeError for all else."""
    return json.dumps(value, default=_plain, indent=indent)


def from_json(text: str, kind: type[T]) -> T:
    """What `to_json` wrote, as a value of `kind`, such as `list[ClipReport]`. Raises ValueError where it is none."""
    return from_values(json.loads(text), kind)


def from_values(values: object, kind: type[T]) -> T:
    """The same of JSON that has been read already. Raises ValueError where it is no value of `kind`."""
    value: T = _adapter(cast(Any, kind)).validate_python(values)  # to mypy a `type[T]` is not hashable
    return value


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _plain(value: object) -> object:
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    raise TypeError(f"a {type(value).__name__} has no form in JSON")
