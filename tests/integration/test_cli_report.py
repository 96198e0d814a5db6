"""report, export and backup over a catalogue with clips in it."""

import csv
import io
import json
import sqlite3

import pytest
from typer.testing import CliRunner

from daemon.cli import app


@pytest.fixture
def filled(root):
    """A data root in which two clips were restored by the stand-in for the pipeline, and one file failed."""
    root.drop("gifs/one.gif", "category=noisy")
    root.drop("gifs/two.gif", "category=blurry")
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()
    return root


@pytest.fixture
def gifrestored(filled, tmp_path):
    settings = tmp_path / "config.yaml"
    settings.write_text(f"data_root: {filled.path}\n")

    def call(*arguments):
        return CliRunner().invoke(app, [*map(str, arguments), "--config", str(settings)])

    return call


def test_the_report_tells_counts_scores_flicker_and_failures(gifrestored):
    told = gifrestored("report")
    assert told.exit_code == 0
    for word in ("done", "quarantined", "noisy", "blurry", "31.5", "Unreadable"):
        assert word in told.output


def test_a_report_since_tomorrow_has_no_clips(gifrestored):
    told = gifrestored("report", "--since", "2999-01-01")
    assert "no clips since" in told.output


def test_a_time_that_is_none_is_wrong_use(gifrestored):
    assert gifrestored("report", "--since", "lately").exit_code == 2


def test_the_page_is_one_file_with_plots_and_says_which_pictures_cannot_be_shown(gifrestored, tmp_path):
    told = gifrestored("report", "--html", tmp_path / "report.html")
    assert told.exit_code == 0, told.output
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") >= 2
    assert not any(f'{link}="http' in page for link in ("src", "href"))
    assert 'class="missing"' in page  # the stand-in's files are no pictures


def test_csv_and_json_have_one_row_a_clip_with_its_scores(gifrestored):
    rows = list(csv.DictReader(io.StringIO(gifrestored("export", "--csv").output)))
    assert sorted((row["name"], row["psnr_db"]) for row in rows) == [("one", "31.5"), ("two", "31.5")]
    clips = json.loads(gifrestored("export", "--json").output)
    assert {clip["name"]: clip["category"] for clip in clips} == {"one": "noisy", "two": "blurry"}
    assert isinstance(clips[0]["seconds_by_stage"], dict)


def test_parquet_has_the_same_rows(gifrestored, tmp_path):
    from pyarrow.parquet import read_table

    assert gifrestored("export", "--parquet", tmp_path / "clips.parquet").exit_code == 0
    assert sorted(read_table(tmp_path / "clips.parquet")["name"].to_pylist()) == ["one", "two"]


@pytest.mark.parametrize("options", [[], ["--csv", "--json"], ["--parquet"]])
def test_an_export_in_no_or_two_formats_or_of_parquet_to_a_terminal_is_wrong_use(gifrestored, options):
    assert gifrestored("export", *options).exit_code == 2


@pytest.mark.parametrize("command", [("export", "--csv"), ("report", "--html")])
def test_a_catalogue_is_never_written_over(gifrestored, filled, command):
    told = gifrestored(*command, filled.folders.catalogue)
    assert told.exit_code == 2
    assert "is a database" in told.stderr
    assert filled.value("SELECT count(*) FROM clips") == 2


@pytest.mark.parametrize("command", [("export", "--csv"), ("report", "--html")])
def test_a_folder_that_is_not_there_is_named(gifrestored, tmp_path, command):
    told = gifrestored(*command, tmp_path / "nowhere/report")
    assert told.exit_code == 2
    assert "nowhere is not a folder" in " ".join(told.stderr.split())


def test_a_backup_is_a_catalogue_and_replaces_nothing(gifrestored, tmp_path):
    copy = tmp_path / "copy.sqlite3"
    assert gifrestored("backup", copy).exit_code == 0
    assert sqlite3.connect(copy).execute("SELECT count(*) FROM clips").fetchone() == (2,)
    assert gifrestored("backup", copy).exit_code != 0
