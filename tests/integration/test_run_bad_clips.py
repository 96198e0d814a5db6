"""What is no moving photograph gets a defined answer with low confidence, and a reason for each NULL."""

import math

import cv2
import numpy as np
import pytest
from PIL import Image

from daemon.catalogue.report_rows import clip_row, frame_rows, score_row
from pipeline.run import restore_file
from pipeline.settings import Settings

SIDE = 96
NULLABLE = {"loop_count", "fallback"}  # NULL is their answer


def drawn(write) -> np.ndarray:
    """Three frames on which something drawn moves."""
    frames = np.full((3, SIDE, SIDE, 3), 255, np.uint8)
    for i, frame in enumerate(frames):
        write(frame, 6 * i)
    return frames


def text(frame, x):
    cv2.putText(frame, "restored", (4 + x, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1)


def cartoon(frame, x):
    cv2.circle(frame, (40 + x, 48), 24, (240, 190, 60), -1)
    cv2.circle(frame, (40 + x, 48), 24, (0, 0, 0), 2)
    cv2.circle(frame, (32 + x, 42), 4, (0, 0, 0), -1)


def clips():
    bits = np.random.default_rng(0).random((3, SIDE, SIDE, 1)) > 0.5
    yield "black", np.zeros((3, SIDE, SIDE, 3), np.uint8)
    yield "constant", np.full((3, SIDE, SIDE, 3), (30, 90, 200), np.uint8)
    yield "one frame", drawn(cartoon)[:1]
    yield "text", drawn(text)
    yield "cartoon", drawn(cartoon)
    yield "1 bit", np.repeat(bits, 3, axis=-1).astype(np.uint8) * 255
    yield "tiny", drawn(cartoon)[:, 40:49, 30:37]
    yield "two pixels", drawn(cartoon)[:, 40:41, 30:32]


def given(path, frames, transparent=False):
    pictures = [Image.fromarray(frame).quantize(32) for frame in frames]
    extra = {"transparency": 0, "disposal": 2} if transparent else {}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=50, loop=0, **extra)
    return path


def rows_of(path, into):
    (report,) = restore_file(path, into, Settings(restorer="classic", background="classic"))
    return report, clip_row(report), score_row(report.scores), frame_rows(report.scores)


def nothing_is_nan_and_each_null_has_a_reason(clip, score, frames):
    values = [v for row in (clip, score, *frames) for v in row.values() if isinstance(v, float)]
    assert all(math.isfinite(value) for value in values)
    told = clip["reasons"]
    unanswered = {name for row in (clip, score) for name, value in row.items() if value is None} - NULLABLE
    assert {name for name in unanswered if f'"{name}"' not in told} == set()


@pytest.mark.parametrize("frames", [frames for _, frames in clips()], ids=[name for name, _ in clips()])
def test_a_clip_that_is_no_photograph_is_restored_with_a_defined_answer_of_low_confidence(tmp_path, frames):
    report, *rows = rows_of(given(tmp_path / "clip.gif", frames), tmp_path / "out")
    assert report.measurement.category in {"blurry", "noisy", "low_res", "clean"}
    assert report.measurement.confidence < 0.5
    nothing_is_nan_and_each_null_has_a_reason(*rows)


def test_a_wholly_transparent_gif_is_restored_with_a_defined_answer(tmp_path):
    path = given(tmp_path / "clip.gif", np.full((3, SIDE, SIDE, 3), 77, np.uint8), transparent=True)
    report, *rows = rows_of(path, tmp_path / "out")
    assert report.measurement.confidence < 0.5
    nothing_is_nan_and_each_null_has_a_reason(*rows)
