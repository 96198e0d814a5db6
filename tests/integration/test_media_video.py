"""Videos come in upright, with square pixels, at GIF timing, whatever their container tells or hides."""

import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from pipeline.errors import NoVideoStream, TooLarge, Unreadable
from pipeline.media import open_media, video
from pipeline.settings import Limits, Video

WIDTH, HEIGHT = 64, 48


def scene(i: int) -> Any:
    """Red above, blue below, and a grey whose level counts the frames on the right."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[: HEIGHT // 2], rgb[HEIGHT // 2 :] = (200, 30, 30), (30, 30, 200)
    rgb[:, WIDTH // 2 :] = min(255, 8 * i)
    return rgb


def make(
    path: Path,
    times_ms: list[int],
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    aspect: Fraction | None = None,
    rotation: int = 0,
    trc: int | None = None,
) -> Path:
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pix_fmt
        stream.codec_context.time_base = Fraction(1, 1000)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        if trc:
            stream.codec_context.color_trc = trc
        for i, time in enumerate(times_ms):
            frame = VideoFrame.from_ndarray(scene(i), "rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def delays(path: Path, start_ms: int = 0, stop_ms: int | None = None, **given: Any) -> list[int]:
    return [f.duration_ms for f in video.sample(path, Limits(), Video(**given), start_ms, stop_ms)]


def counted(path: Path, start_ms: int = 0, stop_ms: int | None = None) -> list[int]:
    """Which of the scene's frames were sampled."""
    sampled = video.sample(path, Limits(), Video(), start_ms, stop_ms)
    return [round(float(f.rgb[:, 3 * WIDTH // 4].mean()) / 8) for f in sampled]


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.webm", "libvpx-vp9")])
def test_25_frames_a_second_become_delays_of_40_ms(tmp_path: Path, name: str, codec: str) -> None:
    path = make(tmp_path / name, [40 * i for i in range(20)], codec)
    assert delays(path) == [40] * 20
    assert counted(path) == list(range(20))


def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", [0, 100, 140, 500, 610, 1000])
    assert delays(path)[:5] == [100, 40, 360, 110, 390]


def test_a_window_in_the_middle_begins_and_ends_where_it_should(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", [40 * i for i in range(25)])
    assert counted(path, 400, 800) == list(range(10, 20))
    assert sum(delays(path, 410, 790)) == 380


def test_the_longest_side_is_bounded(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", [0, 40])
    assert next(video.sample(path, Limits(), Video(max_side=32))).rgb.shape == (24, 32, 3)


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_a_rotation_flag_is_obeyed(tmp_path: Path, rotation: int) -> None:
    path = make(tmp_path / "a.mp4", [0, 40], rotation=rotation)
    with open_media(path) as reader:
        rgb = next(iter(reader)).rgb
        assert (reader.info.height, reader.info.width) == rgb.shape[:2]
    upright = np.rot90(scene(0), rotation // 90 % 4)
    assert rgb.shape == upright.shape
    assert np.abs(rgb.astype(int) - upright).mean() < 12


def test_pixels_that_are_not_square_are_made_square(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", [0, 40], aspect=Fraction(2, 1))
    with open_media(path) as reader:
        assert (reader.info.width, reader.info.height) == (2 * WIDTH, HEIGHT)
        assert next(iter(reader)).rgb.shape == (HEIGHT, 2 * WIDTH, 3)


def test_ten_bits_are_read(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", [0, 40], "ffv1", "yuv420p10le")
    with open_media(path) as reader:
        rgb = next(iter(reader)).rgb
    assert rgb.dtype == np.uint8
    assert np.abs(rgb.astype(int) - scene(0)).mean() < 12


def test_hdr_is_told(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mkv", [0, 40], "ffv1", "yuv420p10le", trc=16)
    with open_media(path) as reader:
        assert "HDR (PQ)" in reader.warnings[0]


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(tmp_path / "a.mp4", "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        sound.sample_rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(NoVideoStream, match="audio"):
        open_media(tmp_path / "a.mp4")


def test_a_play_list_under_a_false_name_is_refused(tmp_path: Path) -> None:
    real = make(tmp_path / "real.mp4", [0, 40])
    for text in (f"ffconcat version 1.0\nfile {real}\n", f"#EXTM3U\n#EXTINF:1,\n{real}\n#EXT-X-ENDLIST\n"):
        (tmp_path / "list.mp4").write_text(text)
        with pytest.raises(Unreadable, match="no known format"):
            open_media(tmp_path / "list.mp4")


def test_links_pipes_and_folders_are_refused(tmp_path: Path) -> None:
    real = make(tmp_path / "real.mp4", [0, 40])
    (tmp_path / "link.mp4").symlink_to(real)
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    for name in ("link.mp4", "pipe.mp4", "folder.mp4", "missing.mp4"):
        with pytest.raises(Unreadable, match=name):
            open_media(tmp_path / name)


def test_a_cut_off_video_gives_the_frames_before_or_a_clear_error(tmp_path: Path) -> None:
    data = make(tmp_path / "a.mkv", [40 * i for i in range(25)]).read_bytes()
    for share in (0.1, 0.5, 0.8, 0.95):
        (tmp_path / "cut.mkv").write_bytes(data[: int(share * len(data))])
        try:
            with open_media(tmp_path / "cut.mkv") as reader:
                assert len(list(reader)) <= 25
        except Unreadable as error:
            assert "cut.mkv" in str(error)


def test_a_picture_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = make(tmp_path / "a.mp4", [0, 40])
    with pytest.raises(TooLarge, match="max_megapixels"):
        open_media(path, Limits(max_megapixels=0.001))
