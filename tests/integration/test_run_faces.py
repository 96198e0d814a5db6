"""A restorer of faces within a whole run: what it adds is pasted, what it can't do is counted and left alone."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from pipeline import media
from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.faces import FaceTrack, track
from pipeline.networks.loaded import Loaded
from pipeline.networks.restorer import FaceFailed
from pipeline.restoring.tools import Tools, tools
from pipeline.run import restore_file
from pipeline.settings import Limits, Settings
from pipeline.settings import Temporal as TemporalSettings

SETTINGS = Settings(restorer="classic")
FRAMES = 6


class Stripes:
    """Stands in for GFPGAN: draws faint stripes over every face, so that one can see where it has been."""

    batch = 1

    def __init__(self) -> None:
        self.faces = 0

    def restore(self, faces: UInt8) -> UInt8:
        self.faces += len(faces)
        stripes = (np.arange(512) // 16 % 2 * 40 - 20)[None, :, None, None]
        return np.clip(faces.astype(int) + stripes, 0, 255).astype(np.uint8)


class Untouched:
    """Gives every face back as it came."""

    batch = 1

    def restore(self, faces: UInt8) -> UInt8:
        return faces.copy()


class Failing:
    """Can restore no face at all."""

    batch = 1

    def restore(self, faces: UInt8) -> UInt8:
        raise FaceFailed(tuple(range(len(faces))), np.zeros_like(faces))


@pytest.fixture
def face(tmp_path: Path) -> Path:
    """The astronaut's face drifting by two pixels a frame."""
    picture = cv2.resize(data.astronaut()[0:256, 100:356], (176, 176), interpolation=cv2.INTER_AREA)
    frames = np.stack([picture[8:168, 2 * t : 160 + 2 * t] for t in range(FRAMES)])
    media.gif.write(Clip(frames, None, np.full(FRAMES, 50, np.int32), 0), tmp_path / "face.gif")
    return tmp_path / "face.gif"


@pytest.fixture
def run_with(monkeypatch, face):
    """Restores the face with a restorer put in GFPGAN's place, and gives the report and the shown frames."""

    def run(restorer, settings: Settings = SETTINGS):
        def ready(asked: Settings) -> Tools:
            return replace(tools(asked), loaded=Loaded(restorer, "gfpgan", None, "torch", "cpu", "float32"))

        monkeypatch.setattr("pipeline.run.tools", ready)
        (report,) = restore_file(face, face.parent / f"out-{type(restorer).__name__}", settings)
        with media.open_media(report.outputs["gif"], Limits()) as reader:
            return report, np.stack([f.rgb for f in reader]).astype(int)

    return run


def test_what_the_restorer_adds_is_seen_on_the_face_and_nowhere_else(run_with):
    report, striped = run_with(Stripes())
    _, plain = run_with(Untouched())
    changed = np.abs(striped - plain).mean(axis=(0, 3))
    assert report.restorer == "gfpgan"
    assert changed[120:200, 120:200].mean() > 5
    assert changed[:20].mean() < 4


def test_only_keyframes_are_restored_and_the_row_says_how_many(run_with):
    restorer = Stripes()
    report, _ = run_with(restorer)
    assert report.restored_frames == restorer.faces
    assert restorer.faces < FRAMES


def test_every_frame_is_restored_where_keyframes_are_off(run_with):
    restorer = Stripes()
    run_with(restorer, replace(SETTINGS, temporal=TemporalSettings(keyframes=False)))
    assert restorer.faces == FRAMES


def test_a_face_that_fails_is_left_as_the_background_counted_and_told(run_with):
    report, failed = run_with(Failing())
    _, plain = run_with(Untouched())
    assert report.face_errors > 0
    assert any("were not restored" in warning for warning in report.warnings)
    assert np.abs(failed - plain).mean() < 2


def test_a_face_that_cannot_be_aligned_is_left_counted_and_told(run_with, monkeypatch):
    def collapsed(*arguments) -> list[FaceTrack]:
        return [replace(found, landmarks=found.landmarks * 0) for found in track(*arguments)]

    monkeypatch.setattr("pipeline.restoring.clip_restoration.track", collapsed)
    report, _ = run_with(Stripes())
    assert report.face_errors == 1 and report.restored_frames == 0
    assert "no face can be aligned" in report.warnings[0]


def test_windows_hand_over_the_frame_that_they_share(run_with, face):
    with media.open_media(face, Limits()) as reader:
        forth = [frame.rgb for frame in reader]
    frames = np.stack([np.roll(rgb, t, axis=0) for t, rgb in enumerate(forth + forth[::-1] + forth)])
    media.gif.write(Clip(frames, None, np.full(len(frames), 50, np.int32), None), face)
    restorer = Stripes()
    report, _ = run_with(restorer, replace(SETTINGS, window_megapixels=0.1))
    windows = 1 + (len(frames) - 8) // 2
    assert report.frames == len(frames)
    assert restorer.faces == report.restored_frames <= 1 + windows


@pytest.mark.parametrize("seen", ["none", "half outside", "upside down"])
def test_what_is_no_whole_upright_face_breaks_nothing(run_with, face, seen):
    with media.open_media(face, Limits()) as reader:
        frames = np.stack([frame.rgb for frame in reader])
    frames = {"none": frames[:, :24], "half outside": frames[:, :, 76:], "upside down": frames[:, ::-1, ::-1]}[seen]
    media.gif.write(Clip(np.ascontiguousarray(frames), None, np.full(FRAMES, 50, np.int32), 0), face)
    report, _ = run_with(Stripes())
    assert report.frames == FRAMES
    assert report.face_errors == 0
    assert (report.restored_frames > 0) == (report.faces > 0)
    assert report.faces == {"none": 0, "half outside": report.faces, "upside down": 1}[seen]
