"""Turns reports into JSON and back: the worker sends, the catalogue keeps and the commands print them in this form.

It is JSON as the standard library writes it. NaN and infinity keep their names. A path whose bytes are not valid UTF-8,
as on old disks, comes back unchanged.
"""

import dataclasses
import json
from functools import cache
from pathlib import PurePath
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter

T = TypeVar("T")


def to_json(value: object, indent: int | None = None) -> str:
    """Return plain values, paths and data classes of these as ASCII JSON. Raises TypeError for anything else."""
    return json.dumps(value, default=_plain, indent=indent)


def from_json(text: str, kind: type[T]) -> T:
    """Return what `to_json` wrote as a value of `kind`, such as `list[ClipReport]`. Raises ValueError if it is none."""
    return from_values(json.loads(text), kind)


def from_values(values: object, kind: type[T]) -> T:
    """Do the same with JSON that is already parsed. Raises ValueError if it is no value of `kind`."""
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
