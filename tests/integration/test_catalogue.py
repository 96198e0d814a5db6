import contextlib
import os
import sqlite3
import tempfile
from multiprocessing import get_context
from pathlib import Path

import pytest
import sqlite_utils

from daemon.catalogue import back_up, close_catalogue, open_catalogue, open_for_reading
from daemon.catalogue.migrate import migrate, steps
from daemon.catalogue.reading.status import read_status
from daemon.catalogue.results import insert
from daemon.service.service import Refused, run
from daemon.settings.config import Config

NOBODY = 65534


def as_another_user(catalogue: Path) -> str:
    """What a user who may only read gets for the number of jobs."""
    if os.geteuid() != 0:  # then it is this user, who loses the permission to write
        catalogue.chmod(0o444)
        catalogue.parent.chmod(0o555)
    try:
        with get_context("fork").Pool(1, _become_nobody) as others:
            return str(others.apply(_count_jobs, (catalogue,)))
    finally:
        catalogue.parent.chmod(0o755)
        catalogue.chmod(0o644)


def _become_nobody() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _count_jobs(catalogue: Path) -> str:
    assert not os.access(catalogue, os.W_OK) and not os.access(catalogue.parent, os.W_OK)
    with contextlib.closing(sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)) as db:
        return f"{db.execute('SELECT count(*) FROM jobs').fetchone()[0]} jobs"


@pytest.fixture
def public():
    """A folder that others may enter and read, but not write to; pytest's own is private."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_another_user_with_read_permission_reads_it_while_the_daemon_runs_and_when_it_is_stopped(public):
    catalogue = public / "catalogue.sqlite3"
    db = open_catalogue(catalogue)
    db.execute("INSERT INTO events (at, event) VALUES ('now', 'test')")
    assert as_another_user(catalogue) == "0 jobs"

    close_catalogue(db)
    assert [file.name for file in public.iterdir()] == ["catalogue.sqlite3"]
    assert as_another_user(catalogue) == "0 jobs"


def fill(db):
    row = {"id": 7, "hash": "abc", "name": "cat", "kind": "gif", "path": "gifs/cat.gif", "dropped_path": "gifs/cat.gif"}
    row |= {"size_bytes": 1, "mtime_ns": 2, "state": "quarantined", "dropped_at": "2026", "not_before": "2026"}
    insert(db, "jobs", row | {"error": "the palette is broken"})


@pytest.mark.parametrize("before", [step.name.removesuffix(".sql") for step in steps()][1:])
def test_a_filled_catalogue_of_every_earlier_version_is_brought_up_to_date(tmp_path, before):
    old = sqlite3.connect(tmp_path / "catalogue.sqlite3", isolation_level=None)
    migrate(old, stop_before=before)
    fill(old)
    old.close()

    db = open_catalogue(tmp_path / "catalogue.sqlite3")

    found = db.execute("SELECT rowid FROM jobs_text WHERE jobs_text MATCH 'palette'").fetchall()
    assert [row[0] for row in found] == [7]
    assert read_status(db).states == {"quarantined": 1}
    fresh = open_catalogue(tmp_path / "fresh.sqlite3")
    schema = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    assert [tuple(r) for r in db.execute(schema)] == [tuple(r) for r in fresh.execute(schema)]


def test_every_table_is_strict(tmp_path):
    db = sqlite_utils.Database(open_catalogue(tmp_path / "catalogue.sqlite3"))
    ours = [t for t in db.tables if not t.name.startswith(("_", "jobs_text"))]
    assert {t.name for t in ours} == {
        "jobs", "files", "publications", "clips", "outputs", "scores", "frame_scores", "events", "totals",
        "frame_folders",
    }  # fmt: skip
    assert all(table.strict for table in ours)


def test_a_search_finds_names_and_errors_as_they_change(tmp_path):
    db = open_catalogue(tmp_path / "catalogue.sqlite3")
    fill(db)
    db.execute("UPDATE jobs SET error = 'the header is short'")
    search = "SELECT count(*) FROM jobs_text WHERE jobs_text MATCH ?"
    assert [db.execute(search, (word,)).fetchone()[0] for word in ("cat", "header", "palette")] == [1, 1, 0]


def test_a_damaged_catalogue_refuses_to_start_and_says_what_to_do(tmp_path):
    (tmp_path / "catalogue.sqlite3").write_bytes(b"this is no database, and never was one" * 100)
    with pytest.raises(Refused, match="put a backup in the place of"):
        run(Config(data_root=tmp_path), once=True)


def test_a_backup_is_a_whole_catalogue_and_overwrites_nothing(tmp_path):
    db = open_catalogue(tmp_path / "catalogue.sqlite3")
    fill(db)
    back_up(tmp_path / "catalogue.sqlite3", tmp_path / "backup.sqlite3")
    with contextlib.closing(open_for_reading(tmp_path / "backup.sqlite3")) as copy:
        assert read_status(copy).failures[0].error == "the palette is broken"
    with pytest.raises(FileExistsError):
        back_up(tmp_path / "catalogue.sqlite3", tmp_path / "backup.sqlite3")


def test_status_tells_running_jobs_failures_and_the_fall_back(root):
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.drop("gifs/cat.gif", "fallback category=noisy")
    root.run()
    root.drop("gifs/slow.gif", "sleep=30")
    with root.running():
        root.wait_for("SELECT stage = 'restore' FROM jobs WHERE name = 'slow'")
        with contextlib.closing(open_for_reading(root.folders.catalogue)) as db:
            now = read_status(db)

    assert now.states == {"done": 1, "quarantined": 1, "running": 1}
    assert now.categories == {"noisy": 1}
    assert (now.running[0].name, now.running[0].stage, now.running[0].share) == ("slow", "restore", 0.5)
    assert now.running[0].heartbeat_age_s < 10
    assert now.failures[0].error == "Unreadable was asked for" and now.failures[0].remedy
    assert (now.fallback, now.fallback_clips) == ("the weights are not there", 1)
    assert not now.idle


def test_no_catalogue_yet_is_told_plainly(tmp_path):
    with pytest.raises(FileNotFoundError, match="`gifrestored run` makes one"):
        open_for_reading(tmp_path / "catalogue.sqlite3")


def test_the_views_sum_up_what_the_clips_say_also_after_a_retry(root):
    root.drop("gifs/a.gif", "category=noisy fallback")
    root.drop("gifs/b.gif", "category=noisy b")
    root.drop("raw_videos/c.mp4", "category=clean clips=2")
    root.run()
    root.retry(fallback=True)
    root.run()

    told = [tuple(row) for row in root.rows("SELECT category, clips, frames, psnr_db, tmse_output FROM by_category")]
    assert told == [("clean", 2, 6, 31.5, 1e-4), ("noisy", 2, 6, 31.5, 1e-4)]
    daily = [tuple(row) for row in root.rows("SELECT clips, frames, seconds, fallbacks FROM daily")]
    assert daily == [(4, 12, 2.0, 1)]


def test_scores_against_different_references_are_never_averaged_together_nor_those_that_a_clip_has_not(root):
    root.drop("reference/a.gif", "the original")
    root.drop("gifs/a.gif", "category=noisy a")
    root.drop("gifs/b.gif", "category=noisy b")
    root.drop("gifs/tiny.gif", "category=noisy nan")
    root.run()

    told = [tuple(row) for row in root.rows("SELECT category, reference, clips, psnr_db FROM by_category")]
    assert told == [("noisy", "input", 2, 31.5), ("noisy", "truth", 1, 31.5)]
