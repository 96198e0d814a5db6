"""No number of the settings can end the daemon: each has an upper bound, with which everything still works."""

import dataclasses
import re
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import annotated_types
import pytest
import yaml

from daemon.settings.config import Config
from daemon.settings.config_file import ConfigError, load

ROOT = Path(__file__).parents[2]


def bounds(owner: Any = Config, above: str = "") -> dict[str, float | None]:
    """The upper bound of every number in the settings, None where there is none."""
    found: dict[str, float | None] = {}
    for name, hint in get_type_hints(owner, include_extras=True).items():
        key = f"{above}{name}"
        if dataclasses.is_dataclass(hint):
            found |= bounds(hint, f"{key}.")
        kind, *marks = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
        if get_origin(kind) is None and kind in (int, float):
            found[key] = next((m.le for m in marks if isinstance(m, annotated_types.Le)), None)
    return found


def nested(values: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        branch = tree
        for section in sections:
            branch = branch.setdefault(section, {})
        branch[name] = value
    return tree


def test_every_number_has_an_upper_bound():
    assert [key for key, bound in bounds().items() if bound is None] == []
    assert len(bounds()) > 30


def test_every_upper_bound_is_documented_with_its_reason():
    text = (ROOT / "docs" / "configuration.md").read_text().partition("## Upper bounds")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?`) \| ([\d ]+) \| (\w.*?) \|$", text, re.MULTILINE)
    documented = {key: float(bound.replace(" ", "")) for keys, bound, _ in rows for key in re.findall(r"`(.*?)`", keys)}
    assert documented == bounds()


@pytest.mark.parametrize("value", ["1.0e+300", ".inf", "99999999999999999999"])
@pytest.mark.parametrize("key", ["jobs.lease_seconds", "retention.inputs_days", "watch.rescan_seconds"])
def test_a_number_beyond_its_bound_is_told(tmp_path, key, value):
    section, _, name = key.partition(".")
    path = tmp_path / "config.yaml"
    path.write_text(f"{section}: {{{name}: {value}}}\n")
    with pytest.raises(ConfigError, match=rf"config.yaml:1: `{key}`: input should be"):
        load(path)


def test_the_daemon_works_with_every_number_at_its_upper_bound(root, tmp_path):
    skipped = (
        "metrics.port",
        "workers",
        "jobs.min_free_mb",
        "watch.settle_seconds",
    )  # each would keep the test waiting
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(nested({k: v for k, v in bounds().items() if k not in skipped})))
    greatest = load(path, root.path)
    root.config = dataclasses.replace(
        greatest,
        watch=dataclasses.replace(greatest.watch, settle_seconds=0.05),
        jobs=dataclasses.replace(greatest.jobs, min_free_mb=0),
        metrics=root.config.metrics,
    )
    root.drop("gifs/cat.gif", "once=OutOfMemory")
    assert root.run() == 1
    assert root.value("SELECT count(*) FROM events WHERE event = 'failed'") == 1
    root.retry(failed=True, ids=[], fallback=False)
    root.drop("gifs/dog.gif", "dog")
    root.run()
    assert root.states()["gifs/dog.gif"] == "done"
