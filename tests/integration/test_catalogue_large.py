"""A catalogue filled as the benchmark fills it: every question is answered, along indexes alone."""

import sqlite3
from contextlib import closing

import pytest

from benchmarks.catalogue import asked
from benchmarks.catalogue_rows import fill, insert_clips, record_clips
from daemon.catalogue import open_catalogue, open_for_reading
from daemon.catalogue.migrate import migrate


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "catalogue.sqlite3"
    fill(path, 111, 3)  # the last of whose jobs is done, and now: something came out today just after midnight too
    return path


def test_every_question_has_an_answer_and_no_more_than_a_thousand_rows(filled):
    with closing(open_for_reading(filled)) as db:
        answers = {name: db.execute(q.sql, q.example).fetchall() for name, q in asked(db).items()}
    empty = {name for name, rows in answers.items() if not rows}
    assert empty <= {"status: running", "What happened to one file?", "canned: history"}
    assert max(map(len, answers.values())) <= 1000


def test_recording_is_timed_without_leaving_a_row(filled):
    assert record_clips(filled, 3, times=2) > 0
    with closing(open_for_reading(filled)) as db:
        assert [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("clips", "frame_scores")] == [
            111,
            333,
        ]


def test_the_failures_that_a_page_shows_are_found_without_sorting_all(filled):
    with closing(open_for_reading(filled)) as db:
        plan = [row[3] for row in db.execute("EXPLAIN QUERY PLAN SELECT * FROM failures LIMIT 5")]
    assert not any("TEMP B-TREE" in step for step in plan)


def test_the_clips_of_a_catalogue_without_sums_by_reference_are_summed_up_by_it(tmp_path):
    old = sqlite3.connect(tmp_path / "catalogue.sqlite3", isolation_level=None)
    migrate(old, stop_before="0004_questions")
    insert_clips(old, 120, 3)
    old.close()
    with closing(open_catalogue(tmp_path / "catalogue.sqlite3")) as db:
        told = db.execute("SELECT reference, sum(clips) FROM by_category GROUP BY reference ORDER BY 1").fetchall()
        counted = db.execute("SELECT reference, count(*) FROM latest GROUP BY reference ORDER BY 1").fetchall()
    assert [tuple(row) for row in told] == [tuple(row) for row in counted]
    assert sum(row[1] for row in counted) == 110
