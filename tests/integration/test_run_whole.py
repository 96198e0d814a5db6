"""A whole video as a task of the pipeline: told as it goes, reported in plain data, taken up after a break."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_videos_restorer import make
from video_sources import FAST, read

from daemon.report_codec import from_json, to_json
from pipeline.errors import NoSpace, OutOfMemory, TooLarge
from pipeline.report import VideoReport
from pipeline.run import restore_whole_video
from pipeline.settings import Limits, Settings, Video
from pipeline.videos import task

WHOLE = replace(FAST, shortest_segment=0.4, longest_segment=0.6)
SETTINGS = Settings(restorer="classic", background="classic", video=Video(whole=WHOLE))


class Stopped(Exception):
    pass


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return make(tmp_path / "a.mp4", 36)


def test_the_report_says_what_came_of_it_and_survives_json(source: Path, tmp_path: Path) -> None:
    told = list[tuple[str, float]]()
    report = restore_whole_video(source, tmp_path / "out", SETTINGS, lambda *step: told.append(step), "film")
    assert from_json(to_json(report), VideoReport) == report
    assert report.path == tmp_path / "out" / "film.mp4"
    assert (report.frames, report.duration_ms, report.encoder, report.restorer) == (36, 1440, "x264", "classic")
    assert (report.shots, report.restored_segments) == (2, report.segments)
    assert (report.faces, report.face_errors) == (1, 0)
    assert len(read(report.path).frames) == 36
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[0] >= 0 and shares[-1] < 1
    assert [stage for stage, _ in told].count("restore") == 36


def test_taken_up_again_the_report_has_the_faces_of_all_segments(source: Path, tmp_path: Path) -> None:
    def stop(stage: str, share: float) -> None:
        if stage == "join":
            raise Stopped

    with pytest.raises(Stopped):
        restore_whole_video(source, tmp_path / "out", SETTINGS, stop)
    report = restore_whole_video(source, tmp_path / "out", SETTINGS)
    assert (report.restored_segments, report.faces) == (0, 1)


def test_a_video_has_a_bound_of_its_own_in_bytes(source: Path, tmp_path: Path) -> None:
    small = replace(SETTINGS, limits=Limits(max_file_mb=0.001))
    assert restore_whole_video(source, tmp_path / "out", small).frames == 36
    smaller = replace(small, video=Video(whole=replace(WHOLE, max_file_mb=0.001)))
    with pytest.raises(TooLarge, match=r"a\.mp4: .* video\.whole\.max_file_mb = 0\.001"):
        restore_whole_video(source, tmp_path / "out", smaller)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [(MemoryError(), OutOfMemory, "lower `window_megapixels`"), (OSError(28, "full"), NoSpace, "the disk is full")],
)
def test_what_the_system_says_is_told_plainly(
    source: Path, tmp_path: Path, monkeypatch: Any, error: Exception, kind: type[Exception], said: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(task, "restore_video", fail)
    with pytest.raises(kind, match=said):
        restore_whole_video(source, tmp_path / "out", SETTINGS)
