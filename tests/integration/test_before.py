"""What version 0.1.0 left behind, `before/catalogue.sql` and `before/config.yaml`, goes on working."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from daemon.catalogue import close_catalogue, open_catalogue, open_for_reading
from daemon.catalogue.reading.clips import read_clips
from daemon.catalogue.reading.overview import read_overview
from daemon.catalogue.reading.status import read_status
from daemon.settings.config_file import load

BEFORE = Path(__file__).parent / "before"
TABLES = ("jobs", "files", "publications", "clips", "outputs", "scores", "frame_scores", "events", "totals")


@pytest.fixture
def left(root):
    """The catalogue of that version in a data root."""
    with closing(sqlite3.connect(root.folders.catalogue)) as db:
        db.executescript((BEFORE / "catalogue.sql").read_text())
    return root


def rows_of(catalogue: Path, table: str) -> list[dict[str, object]]:
    with closing(sqlite3.connect(catalogue)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_kept_with_all_that_it_said(left, table):
    before = rows_of(left.folders.catalogue, table)
    close_catalogue(open_catalogue(left.folders.catalogue))
    after = rows_of(left.folders.catalogue, table)
    assert before
    assert [{column: row[column] for column in before[0]} for row in after] == before


def test_its_schema_is_the_one_of_a_new_catalogue(left, tmp_path):
    names = "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    with closing(open_catalogue(left.folders.catalogue)) as old, closing(open_catalogue(tmp_path / "new")) as new:
        assert [tuple(row) for row in old.execute(names)] == [tuple(row) for row in new.execute(names)]


def test_status_report_and_export_tell_what_was_done_then(left):
    close_catalogue(open_catalogue(left.folders.catalogue))
    with closing(open_for_reading(left.folders.catalogue)) as db:
        status, overview, clips = read_status(db), read_overview(db), list(read_clips(db).unnested())
    assert status.states == {"done": 2, "publishing": 1, "quarantined": 1}
    assert status.failures[0].error == "Unreadable was asked for"
    assert [(total.category, total.clips) for total in overview.totals] == [("clean", 2), ("noisy", 1)]
    assert [clip["name"] for clip in clips] == ["cat", "film-1", "film-2"]


def test_a_publication_that_was_on_its_way_then_is_finished_now(left):
    text = "category=blurry nan dog"
    left.drop("gifs/dog.gif", text)
    left.drop(".work/4-1/dog/dog.gif", f"restored:dog:{text}")
    left.run()
    assert left.folders.outputs.joinpath("dog.gif").read_text() == f"restored:dog:{text}"
    assert left.value("SELECT state FROM jobs WHERE name = 'dog'") == "done"
    assert left.value("SELECT reasons FROM clips WHERE name = 'dog'") == '{"psnr_db": "it came out as nan"}'


def test_the_settings_file_of_that_version_still_says_the_defaults(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    text = (BEFORE / "config.yaml").read_text()
    Path("config.yaml").write_text(text)
    assert load(Path("config.yaml")) == load(None)
