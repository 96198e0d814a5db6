import re
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from daemon.cli import app
from daemon.settings.config_file import known_keys

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def documented_settings() -> dict[str, object]:
    rows = re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
    assert len(rows) == len(dict(rows))
    return {key: yaml.safe_load(value) for key, value in rows}


def flat(values: dict, above: str = "") -> dict[str, object]:
    found = {}
    for key, value in values.items():
        found |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return found


def commands(group=None, above=()) -> dict[str, list[str]]:
    """Every command with its options, as typer knows them."""
    found = {}
    for name, command in (group or typer.main.get_command(app)).commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, (*above, name))
        else:
            found[" ".join((*above, name))] = [option for p in command.params for option in p.opts]
    return found


def test_every_setting_is_documented_with_its_default():
    assert documented_settings() == flat(yaml.safe_load((ROOT / "config.yaml").read_text()))
    sections = {key[0] for key in known_keys() if len(key) > 1}
    assert {f"### `{section}`" for section in sections} <= set(
        (ROOT / "docs" / "configuration.md").read_text().splitlines()
    )


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command):
    assert f"gifrestored {command}" in (ROOT / "README.md").read_text()


def test_every_command_and_option_in_the_documents_exists():
    known = commands()
    for document in DOCUMENTS:
        for line in re.findall(r"gifrestored ((?:[a-z]+|--once|--help)\b[^`|\n]*)", code_of(document)):
            words = line.split()
            name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known), None)
            if name is None:
                continue
            options = {word.strip("[]").partition("=")[0] for word in words if re.match(r"\[?--?[a-z]", word)}
            assert options <= {*known[name], "--help"}, f"{document.name}: {line}"


def code_of(document: Path) -> str:
    return "\n".join(re.findall(r"```.*?```|`[^`]+`", document.read_text(), re.DOTALL))


def test_every_module_in_the_architecture_exists():
    text = (ROOT / "docs" / "architecture.md").read_text()
    for package in ("pipeline", "daemon"):
        section = text.partition(f"## {package}/")[2].partition("\n## ")[0]
        named = re.findall(r"`([\w/]+(?:\.py|/))`", section)
        assert named
        missing = [n for n in named if not (ROOT / package / n).exists() and not (ROOT / n).exists()]
        assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_between_the_documents_leads_somewhere(document):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_every_make_target_of_the_documents_exists():
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    for document in DOCUMENTS:
        assert set(re.findall(r"\bmake ([a-z][a-z-]+)\b", code_of(document))) <= known, document.name


def test_every_direct_dependency_is_named_in_the_notices():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    notices = (ROOT / "THIRD-PARTY-NOTICES.md").read_text().casefold()
    assert [name for name in (w.partition("==")[0] for w in wanted) if name.casefold() not in notices] == []


def test_the_version_is_the_newest_entry_of_the_changelog():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == project["version"]
