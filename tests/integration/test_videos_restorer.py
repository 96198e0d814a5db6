"""Whole videos are restored as clips are: each shot for itself, in bounded windows, whatever segment it lies in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from skimage import data
from video_sources import FAST, X264, read, restored, video

from pipeline.settings import Settings
from pipeline.videos.restorers import SettingsRestorer
from pipeline.videos.whole import restore_video

SETTINGS = Settings(restorer="classic", background="classic")
SHORT = replace(FAST, shortest_segment=0.4, longest_segment=0.8)


def face(number: int) -> Any:
    """A face that drifts by a pixel a frame; another scene from frame 25 on."""
    picture = np.array(Image.fromarray(data.astronaut()[0:256, 100:356]).resize((168, 168)))
    if number >= 25:
        picture = 255 - picture[::-1]
    return picture[8:136, number % 25 : number % 25 + 128]


def make(path: Path, count: int = 50) -> Path:
    return video(path, [40 * i for i in range(count)], size=(128, 128), pictures=face, options={**X264, "g": "12"})


def test_a_face_is_seen_and_the_cut_begins_a_segment(tmp_path: Path) -> None:
    plan = restored(
        make(tmp_path / "a.mp4"), tmp_path / "out", replace(FAST, shortest_segment=0.8, longest_segment=1.2)
    ).plan
    assert [plan.seconds(shot.first_pts) for shot in plan.shots] == [0, 1]
    assert plan.shots[0].faces
    assert [plan.seconds(segment.first_pts) for segment in plan.segments] == [0, 1]
    assert plan.segments[1].lead_in_pts == plan.segments[1].first_pts


def test_segments_show_what_one_segment_shows(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mp4")
    shown = []
    for name, options in (("one", FAST), ("many", SHORT)):
        result = restore_video(source, tmp_path / name, SETTINGS, options, SettingsRestorer(SETTINGS))
        seen = read(result.path)
        assert seen.info["size"] == (256, 256)
        shown.append([frame.to_ndarray(format="gray").astype(int) for frame in seen.frames])
    assert len(shown[0]) == len(shown[1]) == 50
    assert max(np.abs(a - b).mean() for a, b in zip(*shown, strict=True)) < 2


def test_a_whole_video_is_larger_and_shows_the_same(tmp_path: Path) -> None:
    source = make(tmp_path / "a.mp4", 12)
    result = restore_video(source, tmp_path / "out", SETTINGS, FAST, SettingsRestorer(SETTINGS))
    after = read(result.path).frames[5].reformat(128, 128, "gray").to_ndarray().astype(int)
    with av.open(source) as container:
        before = list(container.decode(video=0))[5].reformat(format="gray").to_ndarray()
    assert np.abs(after - before).mean() < 4
