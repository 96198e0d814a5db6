"""Reads `config.yaml` into a `Config`. An error names the file, the line, the wrong key and the nearest right one."""

import dataclasses
import difflib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from daemon.settings.config import Config

ENVIRONMENT_KEY = "GIFRESTORED_CONFIG"
SYSTEM_FILE = Path("/etc/gifrestored/config.yaml")
SYSTEM_STATE = Path("/var/lib/gifrestored")  # where the service keeps its data root and weights

Key = tuple[str, ...]


class ConfigError(Exception):
    """A settings file that can't be used; the message has one line for each wrong key."""


def find(explicit: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """Return the settings file in use: the given one, $GIFRESTORED_CONFIG, ./config.yaml, /etc/gifrestored/config.yaml.

    None if there is none of them. Raises ConfigError if a file that was named does not exist.
    """
    named = explicit or (Path(environ[ENVIRONMENT_KEY]) if environ.get(ENVIRONMENT_KEY) else None)
    if named is None:
        return next((path for path in (Path("config.yaml"), SYSTEM_FILE) if path.is_file()), None)
    if not named.is_file():
        source = "--config" if explicit else f"${ENVIRONMENT_KEY}"
        raise ConfigError(f"{named}: no such file (named by {source})")
    return named


def load(path: Path | None, data_root: Path | None = None) -> Config:
    """Read settings; every path in the result is absolute. `data_root` overrides the file's.

    A relative path in the file is relative to the file's folder (in /etc/gifrestored: to /var/lib/gifrestored), so a
    file means the same from any working folder. Without a file, defaults are relative to the working folder. Raises
    ConfigError.
    """
    config = Config() if path is None else _read(path)
    base = _working_folder() if path is None else _base(path.absolute())
    root = (
        _working_folder() / _expand_home(data_root, "--data-root")
        if data_root
        else base / _expand_home(config.data_root, f"{path}: `data_root`")
    )
    folder = base / _expand_home(config.models.folder, f"{path}: `models.folder`")
    return dataclasses.replace(config, data_root=root, models=dataclasses.replace(config.models, folder=folder))


def _working_folder() -> Path:
    """Raises ConfigError where it was deleted."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise ConfigError("the working folder is gone: start from another, with paths in full") from None


def _expand_home(path: Path, source: str) -> Path:
    """Replace `~` or `~user` by the home folder. Raises ConfigError that names the `source` of the path."""
    if "\0" in str(path):
        raise ConfigError(f"{source}: no path holds a null character")
    try:
        return path.expanduser()
    except RuntimeError:
        raise ConfigError(f"{source}: `{path.parts[0]}` is nobody's home folder here; write {path} in full") from None


def _base(path: Path) -> Path:
    return SYSTEM_STATE if path == SYSTEM_FILE else path.parent


def known_keys(owner: Any = Config, above: Key = ()) -> Iterator[Key]:
    """Yield the name of every setting, sections first: ("watch",), ("watch", "settle_seconds"), …"""
    for field in dataclasses.fields(owner):
        yield (*above, field.name)
        if dataclasses.is_dataclass(field.type):
            yield from known_keys(field.type, (*above, field.name))


def _read(path: Path) -> Config:
    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        lines = dict(_lines(node))
        values = loader.construct_document(node) if node else {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:  # a date of month 13, a number of 5000 digits
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    except RecursionError:
        raise ConfigError(f"{path}: an alias holds itself, or the nesting is too deep") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}:1: expected `key: value` lines, found {type(values).__name__}")
    return _validate(path, _without_empty(values), lines)


def _lines(node: yaml.Node | None, above: Key = ()) -> Iterator[tuple[Key, int]]:
    """Yield each key of a YAML document with its line. Raises MarkedYAMLError if a key is given twice."""
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for name, value in node.value:
        key = (*above, str(name.value))
        if key in seen:
            raise yaml.MarkedYAMLError(problem=f"`{'.'.join(key)}` is given twice", problem_mark=name.start_mark)
        seen.add(key)
        yield key, name.start_mark.line + 1
        yield from _lines(value, key)


def _without_empty(values: dict[Any, Any]) -> dict[str, Any]:
    """Leave out keys without a value, so that a section with all lines commented out keeps its defaults."""
    present = ((str(key), value) for key, value in values.items() if value is not None)
    return {key: _without_empty(value) if isinstance(value, dict) else value for key, value in present}


def _validate(path: Path, values: dict[str, Any], lines: dict[Key, int]) -> Config:
    # Strict JSON takes text for a path and a list for a tuple, but neither "2" nor true for a number.
    try:
        plain = json.dumps(values, default=str)
    except (TypeError, ValueError, RecursionError) as error:  # a key that is no text, a list that holds itself
        raise ConfigError(f"{path}: no settings are written like this: {error}") from None
    try:
        return TypeAdapter(Config).validate_json(plain, strict=True)
    except ValidationError as error:
        messages = {_message(lines, problem) for problem in error.errors(include_url=False)}
        raise ConfigError("\n".join(f"{path}:{line}: {text}" for line, text in sorted(messages))) from None


def _message(lines: dict[Key, int], problem: ErrorDetails) -> tuple[int, str]:
    """Return the line of a problem and its description."""
    key = tuple(str(part) for part in problem["loc"])
    while key not in lines and key:
        key = key[:-1]
    name = f"`{'.'.join(key)}`"
    if problem["type"] == "unexpected_keyword_argument":
        text = f"{name} is no setting; {_suggestion(key)}"
    elif problem["type"] == "dataclass_type":
        text = f"{name} is a section: its settings stand below it as `key: value` lines"
    else:
        value = json.dumps(problem["input"], default=str)
        text = f"{name}: {problem['msg'][0].lower()}{problem['msg'][1:]}, found {value}"
    return lines.get(key, 1), text


def _suggestion(key: Key) -> str:
    """Suggest the right key most like a wrong one: in its section, else elsewhere, else all keys of the section."""
    known = list(known_keys())
    neighbours = {k[-1]: k for k in known if k[:-1] == key[:-1]}
    if close := difflib.get_close_matches(key[-1], neighbours, 1, 0.6):
        return f"did you mean `{'.'.join(neighbours[close[0]])}`?"
    everywhere = {k[-1]: k for k in known}
    if close := difflib.get_close_matches(key[-1], everywhere, 1, 0.6):
        return f"did you mean `{'.'.join(everywhere[close[0]])}`?"
    section = f"`{'.'.join(key[:-1])}`" if key[:-1] else "the top level"
    return f"{section} takes {', '.join(f'`{name}`' for name in neighbours)}"
