"""What was done to each shot of a clip, and why, as the catalogue and its exports tell it."""

import json
import sqlite3
from contextlib import closing

from typer.testing import CliRunner

from benchmarks.catalogue_rows import insert_clips
from daemon.catalogue import open_catalogue
from daemon.catalogue.migrate import migrate
from daemon.cli import app
from daemon.folders import Folders


def exported(root, tmp_path) -> list[dict[str, object]]:
    settings = tmp_path / "config.yaml"
    settings.write_text(f"data_root: {root}\n")
    return json.loads(CliRunner().invoke(app, ["export", "--json", "--config", str(settings)]).output)


def test_a_clips_row_says_why_its_faces_were_left_and_an_export_has_it_unnested(root, tmp_path):
    root.drop("gifs/cat.gif", "fallback category=noisy")
    root.run()
    (clip,) = exported(root.path, tmp_path)
    (shot,) = clip["plan"]
    assert (shot["start"], shot["stop"], shot["background"], shot["faces"]) == (0, 3, "compact", "none")
    assert shot["reasons"]["faces"] == clip["fallback"] == "the weights are not there"


def test_clips_of_the_version_before_are_kept_and_exported_without_a_plan(tmp_path):
    catalogue = Folders(tmp_path / "dataset").catalogue
    catalogue.parent.mkdir(parents=True)
    with closing(sqlite3.connect(catalogue, isolation_level=None)) as old:
        migrate(old, stop_before="0005_plan")
        insert_clips(old, 12, 3)
        before = old.execute("SELECT id, name, warnings FROM clips ORDER BY id").fetchall()
    with closing(open_catalogue(catalogue)) as db:
        now = [tuple(row) for row in db.execute("SELECT id, name, warnings FROM clips ORDER BY id")]
    clips = exported(tmp_path / "dataset", tmp_path)
    assert now == before
    assert len(clips) == len(before) and {clip["plan"] for clip in clips} == {None}
