"""What a run says that it did to each shot of a clip, and why."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from pipeline import media
from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.networks.loaded import Loaded
from pipeline.restoring.tools import Tools, tools
from pipeline.run import measure_file, restore_file
from pipeline.settings import Models, Settings

CLASSIC = Settings(restorer="classic", background="classic")
FACE = cv2.resize(data.astronaut()[0:256, 100:356], (144, 144), interpolation=cv2.INTER_AREA)
COFFEE = cv2.resize(data.coffee(), (160, 128), interpolation=cv2.INTER_AREA)


class Untouched:
    """Stands in for GFPGAN: gives every face back as it came."""

    batch = 1

    def restore(self, faces: UInt8) -> UInt8:
        return faces.copy()


@pytest.fixture
def two_shots(tmp_path: Path) -> Path:
    """A face for four frames, then a cup of coffee for four."""
    face = [FACE[8:136, t : t + 128] for t in range(4)]
    coffee = [COFFEE[:, t : t + 128] for t in range(4)]
    media.gif.write(Clip(np.stack(face + coffee), None, np.full(8, 50, np.int32), 0), tmp_path / "two.gif")
    return tmp_path / "two.gif"


def plan_of(source: Path, settings: Settings) -> list[tuple[int, int, str, str]]:
    (report,) = restore_file(source, source.parent / "out", settings)
    return [(shot.start, shot.stop, shot.background, shot.faces) for shot in report.plan]


def test_faces_are_restored_in_the_shot_that_shows_one(two_shots, monkeypatch):
    def ready(settings: Settings) -> Tools:
        return replace(tools(CLASSIC), loaded=Loaded(Untouched(), "gfpgan", None, "torch", "cpu", "float32"))

    monkeypatch.setattr("pipeline.run.tools", ready)
    assert plan_of(two_shots, CLASSIC) == [(0, 4, "classic", "gfpgan"), (4, 8, "classic", "none")]


def test_the_shots_of_a_clip_of_many_windows_are_told_once(two_shots):
    with media.open_media(two_shots, CLASSIC.limits) as reader:
        frames = np.stack([frame.rgb for frame in reader])
    frames = np.concatenate([frames[[0, 1, 2, 3] * 4], frames[[4, 5, 6, 7] * 4]])
    media.gif.write(Clip(frames, None, np.full(32, 50, np.int32), 0), two_shots)
    told = plan_of(two_shots, replace(CLASSIC, window_megapixels=0.1))
    assert told == [(0, 16, "classic", "none"), (16, 32, "classic", "none")]


def test_missing_weights_are_told_where_a_face_was_left(two_shots, tmp_path):
    settings = Settings(background="classic", models=Models(folder=tmp_path / "none"))
    (report,) = restore_file(two_shots, tmp_path / "out", settings)
    assert [shot.faces for shot in report.plan] == ["none", "none"]
    assert report.plan[0].reasons["faces"] == report.fallback
    assert "GFPGANv1.4.pth" in report.plan[0].reasons["faces"]
    assert report.plan[1].reasons["faces"] == "no face was found"


def test_a_file_is_measured_as_a_restoration_would_measure_it(two_shots):
    (report,) = restore_file(two_shots, two_shots.parent / "out", CLASSIC)
    assert measure_file(two_shots, CLASSIC, "two") == {"two": report.measurement}
