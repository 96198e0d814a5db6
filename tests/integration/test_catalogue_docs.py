import contextlib
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from daemon.catalogue import open_catalogue

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "catalogue.md").read_text()
DATASETTE = yaml.safe_load((DOCS / "datasette.yaml").read_text())["databases"]["catalogue"]
CANNED = DATASETTE["queries"]
EXAMPLES = {"words": 'bad "Unreadable', "name": "cat", "clip": ""}
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.S)
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.S) for line in block.splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data root after a day's work, and its parent, where the page's commands are typed."""
    from data_root import DataRoot

    root = DataRoot(tmp_path_factory.mktemp("docs") / "dataset")
    root.drop("gifs/cat.gif", "category=noisy")
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.drop("gifs/blurry/over.gif", "category=clean fallback")
    root.drop("raw_videos/film.mp4", "clips=2 nan")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(root.tests), prepend=os.pathsep)
        root.run()
    return root.path.parent


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_cookbook_runs_and_its_columns_have_names(folder, query):
    with contextlib.closing(sqlite3.connect(f"file:{folder}/dataset/catalogue.sqlite3?mode=ro", uri=True)) as db:
        cursor = db.execute(query)
        cursor.fetchall()
        assert all(re.fullmatch(r"\w+", column[0]) for column in cursor.description)


@pytest.mark.parametrize("name", CANNED)
def test_a_canned_query_of_datasette_answers_and_needs_no_values_that_its_page_does_not_ask_for(folder, name):
    query = CANNED[name]
    values = {parameter: EXAMPLES[parameter] for parameter in query.get("params", ())}
    with contextlib.closing(sqlite3.connect(f"file:{folder}/dataset/catalogue.sqlite3?mode=ro", uri=True)) as db:
        cursor = db.execute(query["sql"], values)
        assert cursor.fetchall() or name in ("flickering", "search")
        assert all(re.fullmatch(r"\w+", column[0]) for column in cursor.description)
        assert db.execute(query["sql"], dict.fromkeys(values, "")).fetchall() is not None  # a form not filled in


def test_every_canned_query_is_on_datasettes_page_with_its_question():
    told = re.findall(r"^\| `(\w+)` \| (.*) \|$", (DOCS / "datasette.md").read_text(), re.M)
    assert told == [(name, query["title"]) for name, query in CANNED.items()]


def test_datasette_describes_tables_and_columns_that_there_are(folder):
    with contextlib.closing(sqlite3.connect(folder / "dataset" / "catalogue.sqlite3")) as db:
        for table, described in DATASETTE["tables"].items():
            columns = {row[1] for row in db.execute(f"PRAGMA table_xinfo({table})")}
            named = {*described.get("columns", ()), *described.get("facets", ()), described.get("sort_desc")} - {None}
            assert named - columns == set(), table


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_cookbook_runs(folder, command):
    program, *arguments = shlex.split(command)
    if program == "sqlite-utils":
        done = subprocess.run([sys.executable, "-m", "sqlite_utils", *arguments], cwd=folder, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")
    else:  # the shell of SQLite itself is not needed to run the tests
        assert program == "sqlite3"
        uri, query = [argument for argument in arguments if not argument.startswith("-")]
        with contextlib.closing(sqlite3.connect(uri.replace("dataset", f"{folder}/dataset"), uri=True)) as db:
            assert db.execute(query).fetchall()


def test_every_table_view_and_state_is_on_the_page(tmp_path):
    db = open_catalogue(tmp_path / "catalogue.sqlite3")
    kept = "name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'jobs_text%'"
    names = [row[0] for row in db.execute(f"SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND {kept}")]
    states = re.search(
        r"state IN \((.*?)\)", db.execute("SELECT sql FROM sqlite_schema WHERE name = 'jobs'").fetchone()[0]
    )
    assert [n for n in names if f"| `{n}` |" not in PAGE] == []
    assert [s for s in re.findall(r"\w+", states[1]) if f"| `{s}` |" not in PAGE] == []
