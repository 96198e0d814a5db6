import errno
import os
import shutil
from pathlib import Path

import pytest

from daemon.catalogue import ledger
from daemon.service.service import Refused, run
from daemon.service.signals import Alarm
from daemon.settings.config import Config


def test_a_dropped_gif_is_filed_by_its_category_and_comes_out_restored(root):
    root.drop("gifs/cat.gif", "category=noisy")

    assert root.run() == 0

    assert root.inputs() == ["gifs/noisy/cat.gif"]
    assert root.outputs() == {"cat.gif": "restored:cat:category=noisy"}
    row = dict(root.rows("SELECT * FROM latest")[0])
    assert (row["name"], row["category"], row["output_path"]) == ("cat", "noisy", "output_gifs/cat.gif")
    assert (row["psnr_db"], row["tmse_ratio"], row["faces"]) == (31.5, 0.5, 1)
    assert root.value("SELECT count(*) FROM frame_scores") == 3
    assert root.value("SELECT path FROM jobs") == "gifs/noisy/cat.gif"


def test_a_second_run_finds_nothing_new_not_even_its_own_files(root):
    root.drop("gifs/cat.gif", "category=noisy")
    root.drop("raw_videos/film.mp4", "clips=2")
    root.run()
    before = root.inputs(), root.outputs()

    assert root.run() == 0

    assert (root.inputs(), root.outputs()) == before
    assert root.value("SELECT count(*) FROM jobs") == 2


def test_a_raw_video_stays_and_each_of_its_clips_is_filed_and_restored(root):
    root.drop("raw_videos/trip/film.mp4", "clips=2 category=low_res")

    root.run()

    assert root.inputs() == ["gifs/low_res/film-1.gif", "gifs/low_res/film-2.gif", "raw_videos/trip/film.mp4"]
    assert list(root.outputs()) == ["film-1.gif", "film-2.gif"]
    assert root.value("SELECT group_concat(categorised_path) FROM clips") == (
        "gifs/low_res/film-1.gif,gifs/low_res/film-2.gif"
    )


def test_a_drop_into_a_category_folder_overrules_the_measured_category(root):
    root.drop("gifs/blurry/cat.gif", "category=clean")

    root.run()

    assert root.inputs() == ["gifs/blurry/cat.gif"]
    assert [tuple(r) for r in root.rows("SELECT category, category_measured FROM clips")] == [("blurry", "clean")]


def test_moving_a_filed_gif_to_another_category_restores_it_anew_as_that(root):
    root.drop("gifs/cat.gif", "category=clean")
    root.run()
    (root.folders.gifs / "clean" / "cat.gif").rename(root.folders.gifs / "noisy" / "cat.gif")

    root.run()

    assert root.inputs() == ["gifs/noisy/cat.gif"]
    assert root.value("SELECT category FROM latest") == "noisy"
    assert root.value("SELECT count(*) FROM jobs") == 1
    assert list(root.outputs()) == ["cat.gif"]


def test_an_equal_file_is_recorded_as_a_duplicate_once_and_not_run_again(root):
    root.drop("gifs/cat.gif", "the same")
    root.run()
    root.drop("gifs/copy.gif", "the same")

    root.run()
    root.run()

    assert root.states() == {"gifs/cat.gif": "done", "gifs/copy.gif": "duplicate"}
    assert root.value("SELECT duplicate_of FROM jobs WHERE name = 'copy'") == 1
    assert list(root.outputs()) == ["cat.gif"]


def test_a_name_that_is_another_files_is_not_overwritten(root):
    (root.folders.outputs / "cat.gif").write_text("somebody's own")
    root.drop("gifs/cat.gif", "mine")

    root.run()

    content = root.value("SELECT hash FROM jobs")
    assert root.outputs() == {"cat.gif": "somebody's own", f"cat-{content[:8]}.gif": "restored:cat:mine"}


def test_a_new_version_under_an_old_name_gets_a_result_of_its_own(root):
    root.drop("gifs/cat.gif", "version 1")
    root.run()
    root.drop("gifs/cat.gif", "version 2")
    root.run()

    assert sorted(root.outputs().values()) == ["restored:cat:version 1", "restored:cat:version 2"]
    assert len(root.inputs()) == 2


@pytest.mark.parametrize("words", ["raise=Unreadable", "raise=TooLarge", "raise=NoVideoStream"])
def test_what_can_never_work_goes_to_quarantine_at_once_with_reason_and_remedy(root, words):
    root.drop("gifs/bad.gif", words)
    root.drop("gifs/good.gif", "good")

    assert root.run() == 1

    assert root.inputs() == ["gifs/blurry/good.gif", "quarantine/bad.gif", "quarantine/bad.gif.txt"]
    reason = (root.folders.quarantine / "bad.gif.txt").read_text()
    assert "was asked for" in reason and "What to do: " in reason
    assert root.states() == {"gifs/bad.gif": "quarantined", "gifs/good.gif": "done"}


def test_what_may_pass_is_tried_again_later(root):
    root.drop("gifs/once.gif", "once=OutOfMemory")

    assert root.run(jobs={"retry_seconds": 0.01}) == 1  # it did fail, and yet

    assert root.states() == {"gifs/once.gif": "done"}
    assert root.value("SELECT attempt FROM jobs") == 2
    assert root.value("SELECT count(*) FROM events WHERE event = 'failed'") == 1


@pytest.mark.parametrize("words", ["once=OutOfMemory", "grow=300"])
def test_after_an_attempt_that_ran_out_of_memory_the_next_holds_less_at_once(root, words):
    root.drop("gifs/large.gif", words)
    root.drop("raw_videos/next.mp4", "clips=1")

    root.run(jobs={"retry_seconds": 0.01, "memory_limit_mb": 300})

    assert set(root.states().values()) == {"done"}
    assert [tuple(r) for r in root.rows("SELECT name, batch FROM clips ORDER BY name")] == [("large", 1), ("next-1", 0)]
    assert root.value("SELECT out_of_memory FROM jobs WHERE name = 'large'") == 1


def test_a_retry_by_hand_begins_with_all_the_memory_again(root):
    root.drop("gifs/large.gif", "once=OutOfMemory")
    root.run(jobs={"retry_seconds": 0.01})
    root.retry(ids=[1])
    root.run()
    assert root.value("SELECT batch FROM latest") == 0


def test_a_file_that_keeps_failing_is_quarantined_after_the_last_attempt(root):
    root.drop("gifs/odd.gif", "raise=ValueError")

    root.run(jobs={"retry_seconds": 0.01, "max_attempts": 2})

    assert root.states() == {"gifs/odd.gif": "quarantined"}
    assert root.value("SELECT attempt FROM jobs") == 2


@pytest.mark.parametrize("words", ["errno=28", "raise=NoSpace", "raise=WeightsMissing"])
def test_what_is_not_the_files_fault_never_brings_it_to_quarantine(root, words):
    root.drop("gifs/cat.gif", words)

    assert root.run(jobs={"max_attempts": 1}) == 1

    assert root.states() == {"gifs/cat.gif": "queued"}
    assert root.value("SELECT failures FROM jobs") == 0


@pytest.mark.parametrize(
    ("words", "error"),
    [("hang", "showed no life for 0.7 s"), ("grow=300", "more than the 200 MB"), ("die", "SIGSEGV")],
)
def test_a_worker_that_hangs_grows_or_dies_is_replaced_and_the_next_file_processed(root, words, error):
    root.drop("gifs/a.gif", words)
    root.drop("gifs/b.gif", "good")

    root.run(jobs={"max_attempts": 1, "lease_seconds": 0.7, "memory_limit_mb": 200})

    assert root.states() == {"gifs/a.gif": "quarantined", "gifs/b.gif": "done"}
    assert error in (root.folders.quarantine / "a.gif.txt").read_text()


def test_a_job_that_takes_too_long_is_ended(root):
    root.drop("gifs/a.gif", "sleep=60")

    root.run(jobs={"max_attempts": 1, "time_limit_seconds": 0.5})

    assert "took more than the 0.5 s" in root.value("SELECT error FROM jobs")


def test_retry_brings_a_quarantined_video_back_to_where_it_belongs(root):
    root.drop("raw_videos/film.mp4", "once=Unreadable clips=1")
    root.run()
    assert root.inputs() == ["quarantine/film.mp4", "quarantine/film.mp4.txt"]

    assert root.retry(failed=True) == [1]
    assert root.run() == 0

    assert root.inputs() == ["gifs/blurry/film-1.gif", "raw_videos/film.mp4"]
    assert root.states() == {"raw_videos/film.mp4": "done"}


def test_retry_restores_anew_what_a_fall_back_restored_under_the_same_name(root):
    root.drop("gifs/cat.gif", "fallback")
    root.run()
    assert root.retry(fallback=True) == [1]

    root.run()

    assert root.value("SELECT attempt FROM clips WHERE is_latest") == 2
    assert root.value("SELECT count(*) FROM latest") == 1
    assert list(root.outputs()) == ["cat.gif"]


def test_dropping_a_quarantined_file_again_tries_it_again(root):
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()
    root.drop("gifs/bad.gif", "raise=Unreadable")

    root.run()

    assert root.value("SELECT count(*) FROM events WHERE event = 'quarantined'") == 2
    assert root.value("SELECT count(*) FROM jobs") == 1


def test_keep_frames_publishes_the_frames_of_input_and_result(root):
    root.drop("gifs/cat.gif", "good")

    root.run(keep_frames=True)

    assert (root.folders.frames / "input" / "cat" / "0001.png").read_text() == "good"
    assert (root.folders.frames / "enhanced" / "cat" / "0001.png").read_text() == "good"


def test_every_format_asked_for_is_published_under_one_name(root):
    root.drop("gifs/cat.gif", "good")

    root.run(outputs=("gif", "webp"))

    assert list(root.outputs()) == ["cat.gif", "cat.webp"]
    assert root.value("SELECT count(*) FROM outputs") == 2


def test_an_original_of_the_same_stem_is_the_reference(root):
    (root.folders.reference / "cat.png").write_text("truth")
    root.drop("gifs/cat.gif", "good")

    root.run()

    assert root.value("SELECT reference FROM scores") == "truth"


def test_notes_beside_the_original_are_not_the_reference(root):
    (root.folders.reference / "cat.jpg").write_text("a proof")
    (root.folders.reference / "cat.txt").write_text("notes")
    root.drop("gifs/cat.gif", "good")

    root.run()

    assert root.value("SELECT reference FROM scores") == "input"


def test_a_score_that_is_not_a_number_becomes_null_with_the_reason(root):
    root.drop("gifs/cat.gif", "nan")

    assert root.run() == 0

    assert [tuple(r) for r in root.rows("SELECT psnr_db, reasons ->> 'psnr_db' FROM latest")] == [
        (None, "it came out as nan")
    ]


def test_a_file_that_is_gone_before_its_turn_is_recorded_and_taken_when_it_comes_back(root):
    gone = root.drop("gifs/b.gif", "later")
    root.drop("raw_videos/a.mp4", "sleep=0.3")
    with root.running():
        root.wait_for("SELECT count(*) FROM jobs")
    gone.unlink(missing_ok=True)
    root.run()
    assert root.states()["gifs/b.gif"] in ("gone", "done")
    if root.states()["gifs/b.gif"] == "gone":
        root.drop("gifs/b.gif", "later")
        root.run()
        assert root.states()["gifs/b.gif"] == "done"


def test_a_read_only_output_folder_keeps_the_finished_work_until_it_can_be_written(root, monkeypatch):
    root.drop("gifs/cat.gif", "good")

    def refuse(staged, destination, replace=False):
        raise PermissionError(13, "Permission denied", str(destination))

    monkeypatch.setattr("daemon.publishing.filing.publish", refuse)
    assert root.run() == 1
    assert root.states() == {"gifs/cat.gif": "publishing"}
    assert "let the daemon's user write" in root.value("SELECT remedy FROM jobs")

    monkeypatch.undo()
    root.retry(failed=True)
    assert root.run() == 0
    assert root.value("SELECT attempt FROM jobs") == 1
    assert list(root.outputs()) == ["cat.gif"]


def test_a_publication_that_failed_two_thousand_times_is_tried_again_within_the_hour(root, monkeypatch):
    def fail(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("daemon.publishing.filing.publish", fail)
    root.drop("gifs/cat.gif", "good")
    root.run()
    root.write("UPDATE jobs SET failures = 2000, not_before = dropped_at")

    assert root.run() == 1

    assert root.value("SELECT failures FROM jobs") == 2001
    assert root.value("SELECT detail FROM events WHERE event = 'failed' ORDER BY id DESC").endswith("(again in 3600 s)")


@pytest.mark.parametrize("step", ["claimed", "planned"])
def test_folders_that_somebody_removes_while_the_daemon_runs_are_made_again(root, monkeypatch, step):
    removed = (root.folders.outputs, root.folders.frames, root.folders.quarantine, root.folders.gifs / "blurry")

    def remove(reached):
        if reached == step:
            for folder in removed:
                shutil.rmtree(folder, ignore_errors=True)

    monkeypatch.setattr("daemon.steps._listeners", [remove])
    root.drop("gifs/cat.gif", "good")
    assert root.run(keep_frames=True) == 0
    assert list(root.outputs()) == ["cat.gif"]
    assert root.inputs() == ["gifs/blurry/cat.gif"]
    assert (root.folders.frames / "enhanced" / "cat" / "0001.png").exists()

    root.drop("gifs/bad.gif", "raise=Unreadable")
    assert root.run() == 1
    assert "quarantine/bad.gif" in root.inputs()


def test_below_the_floor_of_free_disk_space_nothing_is_claimed(root):
    root.drop("gifs/cat.gif", "good")

    assert root.run(jobs={"min_free_mb": 1 << 40}) == 1
    assert root.states() == {"gifs/cat.gif": "queued"}

    assert root.run() == 0
    assert root.states() == {"gifs/cat.gif": "done"}


def test_a_second_daemon_on_one_data_root_refuses_and_names_the_first(root):
    with root.running() as first:
        root.wait_for("SELECT 1 FROM events WHERE event = 'started'")
        with pytest.raises(Refused, match=f"held by process {first.pid} on "):
            root.run()


def test_an_alarm_that_rings_after_its_end_writes_into_no_other_file():
    with Alarm() as alarm:
        pass
    reader, writer = os.pipe2(os.O_NONBLOCK)  # takes the numbers that are free again

    alarm.ring()

    with pytest.raises(BlockingIOError):
        os.read(reader, 1)
    os.close(reader)
    os.close(writer)


def test_output_folders_inside_input_folders_are_refused(tmp_path):
    inside = tmp_path / "gifs" / "results"
    inside.mkdir(parents=True)
    (tmp_path / "output_gifs").symlink_to(inside)
    with pytest.raises(Refused, match="overlap"):
        run(Config(data_root=tmp_path), once=True)


def test_gifs_go_before_videos_unless_the_oldest_is_to_be_first(root):
    def drop_and_let_both_arrive(video, gif):
        for path in (f"raw_videos/{video}.mp4", f"gifs/{gif}.gif"):
            root.drop(path, f"clips=1 {path}")
            root.run(jobs={"min_free_mb": 1 << 40})  # it is noticed, and nothing is claimed before both are

    order = "SELECT group_concat(name) FROM (SELECT name FROM jobs ORDER BY claimed_at)"

    drop_and_let_both_arrive("first", "second")
    root.run()
    assert root.value(order) == "second,first"

    drop_and_let_both_arrive("third", "fourth")
    root.run(jobs={"first": "oldest"})
    assert root.value(order) == "second,first,third,fourth"


def test_several_workers_share_the_work(root):
    for i in range(4):
        root.drop(f"gifs/{i}.gif", f"sleep=0.2 {i}")

    assert root.run(workers=2) == 0

    assert len(root.outputs()) == 4
    assert list(root.folders.work.iterdir()) == []


def test_staged_files_that_somebody_removed_are_made_anew_and_nothing_is_there_twice(root):
    root.drop("raw_videos/film.mp4", "clips=2")
    root.crash("published", 2)
    for staged in root.folders.work.rglob("film-2*"):
        if staged.is_file():
            staged.unlink()

    assert root.run() == 0

    assert list(root.outputs()) == ["film-1.gif", "film-2.gif"]
    assert root.inputs() == ["gifs/blurry/film-1.gif", "gifs/blurry/film-2.gif", "raw_videos/film.mp4"]


def test_a_link_under_the_results_name_is_neither_followed_nor_replaced(root, tmp_path):
    (tmp_path / "precious").write_text("precious")
    (root.folders.outputs / "cat.gif").symlink_to(tmp_path / "precious")
    root.drop("gifs/cat.gif", "mine")

    assert root.run() == 0

    assert (tmp_path / "precious").read_text() == "precious"
    assert "restored:cat:mine" in root.outputs().values()


@pytest.mark.parametrize(
    "name", [b"new\nline.gif", b"not-utf8-\xff\xfe.gif", b"x" * 251 + b".gif", b"CAT.GIF", b"- -.gif"]
)
def test_odd_names_come_out_restored(root, name):
    root.drop(f"gifs/{os.fsdecode(name)}", "odd")

    assert root.run() == 0

    assert len(root.outputs()) == 1
    assert root.inputs() == [f"gifs/blurry/{os.fsdecode(name)}"]


def test_two_names_that_differ_in_case_are_two_files(root):
    root.drop("gifs/cat.gif", "one")
    root.drop("gifs/CAT.gif", "other")

    assert root.run() == 0

    assert sorted(text.rpartition(":")[2] for text in root.outputs().values()) == ["one", "other"]


def test_a_hard_link_is_a_duplicate(root):
    file = root.drop("gifs/cat.gif", "one")
    (root.folders.raw_videos / "cat.mp4").hardlink_to(file)

    root.run()

    assert sorted(root.states().values()) == ["done", "duplicate"]


def test_an_input_that_cannot_be_moved_stays_and_its_result_is_published(root, monkeypatch):
    def immutable(source, destination):
        raise PermissionError(1, "Operation not permitted", str(source))

    monkeypatch.setattr("daemon.publishing.filing.move", immutable)
    root.drop("gifs/cat.gif", "good")

    assert root.run() == 0
    assert root.run() == 0

    assert root.inputs() == ["gifs/cat.gif"]
    assert list(root.outputs()) == ["cat.gif"]
    assert root.value("SELECT count(*) FROM events WHERE event = 'not_moved'") == 1


def test_a_file_swapped_for_a_link_before_its_turn_is_not_followed(root, tmp_path, monkeypatch):
    (tmp_path / "secret").write_text("secret")
    file, real = root.drop("gifs/cat.gif", "good"), ledger.claim_job

    def claim(db, *args):
        if ledger.may_claim(db) and not file.is_symlink():
            file.unlink()
            file.symlink_to(tmp_path / "secret")
        return real(db, *args)

    monkeypatch.setattr(ledger, "claim_job", claim)
    assert root.run() == 1

    assert root.outputs() == {}
    assert root.states() == {"gifs/cat.gif": "quarantined"}
    assert (tmp_path / "secret").read_text() == "secret"


def test_an_unreadable_file_is_quarantined_with_the_reason(root, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("daemon.inbox.arrivals.open_input", refuse)
    monkeypatch.setattr("daemon.service.outcomes.open_input", refuse)
    root.drop("gifs/cat.gif", "good")
    assert root.run() == 1
    assert "can't be opened: Permission denied" in (root.folders.quarantine / "cat.gif.txt").read_text()

    monkeypatch.undo()
    monkeypatch.setenv("PYTHONPATH", str(root.tests), prepend=os.pathsep)
    root.retry(failed=True)
    assert root.run() == 0
    assert root.states() == {"gifs/cat.gif": "done"}


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EHOSTDOWN, errno.EMFILE])
def test_a_file_whose_disk_does_not_answer_waits_for_it(root, monkeypatch, number):
    def fail(path):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr("daemon.service.outcomes.open_input", fail)
    root.drop("gifs/cat.gif", "good")
    assert root.run(jobs={"max_attempts": 1}) == 1
    assert root.states() == {"gifs/cat.gif": "queued"}
    assert root.value("SELECT error FROM jobs") == f"it can't be opened: {os.strerror(number)}"

    monkeypatch.undo()
    monkeypatch.setenv("PYTHONPATH", str(root.tests), prepend=os.pathsep)
    root.retry(failed=True)
    assert root.run() == 0


def test_a_file_that_can_be_opened_and_not_read_leaves_no_descriptor_behind(root, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("daemon.service.outcomes.digest", fail)
    monkeypatch.setattr("daemon.inbox.arrivals.digest", fail)
    root.drop("gifs/cat.gif", "good")
    before = len(list(Path("/proc/self/fd").iterdir()))
    root.run()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_why_gfpgan_is_not_used_is_logged_once_and_recorded_each_time(root, capsys):
    for number in range(3):
        root.drop(f"gifs/{number}.gif", f"fallback {number}")
    root.run()
    assert capsys.readouterr().err.count("restored by the fall-back") == 1
    assert root.value("SELECT count(*) FROM clips WHERE fallback IS NOT NULL") == 3
