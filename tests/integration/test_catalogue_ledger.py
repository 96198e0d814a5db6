import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.catalogue import drops, ledger, open_catalogue, publications, requeue
from daemon.catalogue.drops import Drop
from daemon.jobs import Verdict

PASSING = Verdict("Busy", "busy", "wait")


def drop(name, content, **more):
    values = {"path": f"gifs/{name}.gif", "name": name, "kind": "gif", "size_bytes": 1, "mtime_ns": 1, "category": None}
    return Drop(**(values | {"hash": content} | more))


@pytest.fixture
def db(tmp_path):
    return open_catalogue(tmp_path / "catalogue.sqlite3")


def claim(db):
    return ledger.claim_job(db, 60, "oldest")


def test_a_claimed_job_is_not_claimed_again(db):
    drops.record_drops(db, [drop("a", "1")], [])
    assert claim(db).name == "a"
    assert claim(db) is None


def test_a_lost_attempt_is_not_heard(db):
    drops.record_drops(db, [drop("a", "1")], [])
    lost = claim(db)
    requeue.abandon_leases(db, [], "the daemon had ended")
    held = claim(db)

    ledger.record_progress(db, lost, "restore", 0.9, 60)
    ledger.defer_job(db, lost, PASSING, 0)
    ledger.release_job(db, lost, "too late")
    with pytest.raises(publications.LostLease):
        publications.plan_outcome(db, lost, [], [])

    row = db.execute("SELECT state, attempt, stage, failures FROM jobs").fetchone()
    assert tuple(row) == ("running", held.attempt, "starting", 0)


def test_a_job_that_waits_is_not_claimed_before_its_time(db):
    drops.record_drops(db, [drop("a", "1")], [])
    ledger.defer_job(db, claim(db), PASSING, 3600)
    assert claim(db) is None
    assert ledger.may_claim(db, 3601) and not ledger.may_claim(db)


def test_a_video_goes_after_the_gifs_and_yet_not_for_ever(db):
    drops.record_drops(db, [drop("film", "1", kind="video", path="raw_videos/film.mp4"), drop("cat", "2")], [])
    db.execute("UPDATE jobs SET dropped_at = '2020-01-01T00:00:00.000Z' WHERE name = 'film'")
    assert ledger.claim_job(db, 60, "gifs").name == "film"


def test_a_touched_file_is_no_new_one(db):
    drops.record_drops(db, [drop("a", "1")], [])
    drops.record_drops(db, [drop("a", "1", mtime_ns=2)], [])
    assert db.execute("SELECT count(*) FROM jobs").fetchone()[0] == 1
    assert drops.is_known(db, "gifs/a.gif", 1, 2)


def test_a_file_of_the_daemons_own_is_never_an_input(db):
    drops.register_file(db, "gifs/blurry/clip.gif", "9", 5, 7)
    assert drops.is_known(db, "gifs/blurry/clip.gif", 5, 7)
    drops.record_drops(db, [drop("clip", "9", path="gifs/blurry/clip.gif", mtime_ns=8, category="blurry")], [])
    assert db.execute("SELECT count(*) FROM jobs").fetchone()[0] == 0


@settings(max_examples=25, deadline=None)
@given(contents=st.lists(st.sampled_from("abcd"), min_size=1, max_size=12))
def test_each_content_is_run_once_whatever_is_dropped_how_often(tmp_path_factory, contents):
    db = open_catalogue(tmp_path_factory.mktemp("ledger") / "catalogue.sqlite3")
    for number, content in enumerate(contents):
        drops.record_drops(db, [drop(f"{number}", content)], [])
    claimed = []
    while job := claim(db):
        claimed.append(job.hash)
    assert sorted(claimed) == sorted(set(contents))
    assert db.execute("SELECT count(*) FROM jobs").fetchone()[0] == len(contents)
