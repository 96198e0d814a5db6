"""Frames come out of the spool as they went in."""

import numpy as np
import pytest

from pipeline.clips.clip import Frame
from pipeline.clips.spool import Spool


def frame(height, width, alpha=None):
    rgb = np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Frame(rgb, alpha, 30)


def returned(folder, stored):
    spool = Spool(folder)
    spool.add(stored)
    (first,), (second,) = list(spool), list(spool)
    assert np.array_equal(first.rgb, second.rgb)
    return first


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (37, 53)])
@pytest.mark.parametrize("name", ["frames", "a clip of ünüsual name.zip"])
def test_every_pixel_is_kept(tmp_path, size, name):
    stored = frame(*size)
    kept = returned(tmp_path / name, stored)
    assert np.array_equal(kept.rgb, stored.rgb)
    assert (kept.alpha, kept.duration_ms) == (None, 30)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_transparency_is_kept_and_so_are_the_colours_under_it(tmp_path, level):
    stored = frame(20, 30, np.full((20, 30), level, np.uint8))
    kept = returned(tmp_path, stored)
    assert np.array_equal(kept.rgb, stored.rgb)
    assert np.array_equal(kept.alpha, stored.alpha)


def test_a_frame_of_more_pixels_than_pillow_reads_from_strangers_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("PIL.Image.MAX_IMAGE_PIXELS", 100)
    stored = frame(37, 53)
    assert np.array_equal(returned(tmp_path, stored).rgb, stored.rgb)


@pytest.mark.parametrize("content", [None, b"", b"no picture", b"cut"])
def test_a_frame_that_somebody_changed_is_an_error_that_names_it(tmp_path, content):
    spool = Spool(tmp_path)
    spool.add(frame(37, 53))
    (path,) = tmp_path.iterdir()
    raw = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(raw[:-40] if content == b"cut" else content)
    with pytest.raises(OSError, match=r"00000\.png was changed"):
        list(spool)
