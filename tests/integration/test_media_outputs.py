"""The same frames come out of every format: their number, times, loop and transparency."""

import errno
import struct
import zlib
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from pipeline.clips.clip import Frame
from pipeline.errors import NoSpace, TooLarge, Unreadable
from pipeline.media import open_media, write_outputs
from pipeline.settings import Gif, Limits

ALL = ("gif", "webp", "apng", "mp4")


def frames(alpha: bool = False, height: int = 33, width: int = 45) -> list[Frame]:
    y, x = np.mgrid[:height, :width]
    made = []
    for i in range(6):
        rgb = np.stack([x * 5, y * 7, np.full_like(x, 90)], -1).astype(np.uint8)
        rgb[10:20, 4 * i : 4 * i + 10] = (250, 240, 20)
        mask = np.where((x - 4 * i - 8) ** 2 + (y - 16) ** 2 < 190, 255, 0).astype(np.uint8) if alpha else None
        made.append(Frame(rgb, mask, 40 + 10 * i))
    return [*made, made[-1]]


def read(path: Path) -> list[Frame]:
    with open_media(path) as reader:
        return list(reader)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("loop", [None, 0, 3])
def test_every_format_keeps_frames_delays_loop_and_alpha(tmp_path: Path, alpha: bool, loop: int | None) -> None:
    given = frames(alpha)
    written = write_outputs(lambda: given, loop, tmp_path, "clip", ALL, Gif())
    assert {p.name for p in tmp_path.iterdir()} == {"clip.gif", "clip.webp", "clip.png", "clip.mp4"}
    for kind, output in written.items():
        back = read(output.path)
        assert output.frames == len(back) == len(given)
        assert output.bytes == output.path.stat().st_size
        assert [f.duration_ms for f in back] == [f.duration_ms for f in given]
        if kind == "mp4":
            continue
        with open_media(output.path) as reader:
            assert reader.info.loop == loop
            assert (reader.info.frames, reader.info.duration_ms) == (7, sum(f.duration_ms for f in given))
        for shown, expected in zip(back, given, strict=True):
            assert (shown.alpha is None) == (not alpha)
            if alpha:
                assert (shown.alpha == expected.alpha).all()  # type: ignore[union-attr]


def test_apng_is_lossless(tmp_path: Path) -> None:
    given = frames(alpha=True)
    back = read(write_outputs(lambda: given, 0, tmp_path, "a", ["apng"], Gif())["apng"].path)
    for shown, expected in zip(back, given, strict=True):
        assert (shown.rgb[shown.alpha == 255] == expected.rgb[expected.alpha == 255]).all()


@pytest.mark.parametrize("kind", ["webp", "mp4"])
def test_lossy_formats_keep_the_colours(tmp_path: Path, kind: str) -> None:
    given = [Frame(np.full((32, 48, 3), colour, np.uint8), None, 40) for colour in ((200, 40, 40), (30, 90, 220))]
    for shown, expected in zip(
        read(write_outputs(lambda: given, 0, tmp_path, "a", [kind], Gif())[kind].path), given, strict=True
    ):
        assert np.abs(shown.rgb.astype(int) - expected.rgb).max() <= 6


def test_odd_sides_grow_by_one_repeated_line_in_mp4(tmp_path: Path) -> None:
    given = frames()
    back = read(write_outputs(lambda: given, 0, tmp_path, "a", ["mp4"], Gif())["mp4"].path)
    assert back[0].rgb.shape == (34, 46, 3)


def sounding(path: Path, codec: str, rate: int = 48000, from_s: int = 0) -> Path:
    """Two seconds of video with a tone that begins after one second; all its times begin at `from_s`."""
    with av.open(path, "w") as container:
        pictures = container.add_stream("libx264", rate=25)
        pictures.width = pictures.height = 32
        pictures.pix_fmt = "yuv420p"
        sound = container.add_stream(codec, rate=rate)
        for i in range(50):
            picture = VideoFrame.from_ndarray(np.full((32, 32, 3), i, np.uint8), "rgb24")
            picture.pts, picture.time_base = 25 * from_s + i, Fraction(1, 25)
            container.mux(pictures.encode(picture))
        tone = np.sin(np.arange(2 * rate) * 2 * np.pi * 440 / rate) * (np.arange(2 * rate) >= rate)
        audio = av.AudioFrame.from_ndarray((tone * 20000).astype(np.int16)[None], "s16", "mono")
        audio.sample_rate, audio.pts, audio.time_base = rate, from_s * rate, Fraction(1, rate)
        container.mux(sound.encode(audio))
        for stream in (pictures, sound):
            container.mux(stream.encode(None))
    return path


def loudness(path: Path) -> Any:
    """RMS in each tenth of a second."""
    with av.open(path) as container:
        resampler = av.AudioResampler("s16", "mono", 48000)
        pieces = [f.to_ndarray()[0] for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    samples = np.concatenate(pieces).astype(float)
    return np.sqrt(np.square(samples[: len(samples) // 4800 * 4800]).reshape(-1, 4800).mean(1))


@pytest.mark.parametrize("from_s", [0, 10])
@pytest.mark.parametrize(("codec", "rate"), [("aac", 48000), ("pcm_s16le", 48000), ("pcm_s16le", 192000)])
def test_the_sound_of_the_source_is_kept_from_the_moment_on(tmp_path: Path, codec: str, rate: int, from_s: int) -> None:
    source = sounding(tmp_path / "source.mkv", codec, rate, from_s)
    given = [Frame(np.zeros((32, 32, 3), np.uint8), None, 40)] * 25
    written = write_outputs(lambda: given, 0, tmp_path, "a", ["mp4"], Gif(), source, start_ms=500)["mp4"]
    heard = loudness(written.path)
    assert 9 <= len(heard) <= 11
    assert heard[:4].max() < 200
    assert heard[6:9].min() > 5000
    assert bool(written.notes) == (codec != "aac")


@pytest.mark.parametrize("delay", [0, 10])
def test_frames_that_players_show_for_100_ms_last_so_long_in_an_mp4(tmp_path: Path, delay: int) -> None:
    given = [replace(frame, duration_ms=ms) for frame, ms in zip(frames(), (delay, 20, delay), strict=False)]
    back = read(write_outputs(lambda: given, 0, tmp_path, "a", ["mp4"], Gif())["mp4"].path)
    assert [f.duration_ms for f in back] == [100, 20, 100]


def test_frames_of_a_video_keep_to_its_sound_however_short_they_are(tmp_path: Path) -> None:
    source = sounding(tmp_path / "source.mkv", "aac")
    given = [Frame(np.zeros((32, 32, 3), np.uint8), None, ms) for ms in (40, 10, 40)]
    back = read(write_outputs(lambda: given, 0, tmp_path, "a", ["mp4"], Gif(), source)["mp4"].path)
    assert [f.duration_ms for f in back] == [40, 10, 40]


def test_a_source_without_sound_gives_a_silent_mp4(tmp_path: Path) -> None:
    given = frames()
    source = write_outputs(lambda: given, 0, tmp_path, "s", ["mp4"], Gif())["mp4"].path
    again = write_outputs(lambda: given, 0, tmp_path, "a", ["mp4"], Gif(), source)["mp4"].path
    with av.open(again) as container:
        assert not container.streams.audio


def test_a_full_disk_in_the_last_format_leaves_none(tmp_path: Path) -> None:
    calls = []

    def given() -> Any:
        calls.append(1)
        yield from frames()[:2]
        if len(calls) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(NoSpace):
        write_outputs(given, 0, tmp_path, "a", ("gif", "webp", "mp4"), Gif())
    assert list(tmp_path.iterdir()) == []


def test_a_still_png_and_webp_are_clips_of_one_frame(tmp_path: Path) -> None:
    for name in ("a.png", "a.webp"):
        Image.new("RGB", (5, 4), (255, 0, 0)).save(tmp_path / name, lossless=True)
        with open_media(tmp_path / name) as reader:
            (frame,) = reader
            assert (reader.info.frames, reader.info.loop) == (1, None)
        assert frame.rgb.tolist() == [[[255, 0, 0]] * 5] * 4


@pytest.mark.parametrize("transparent", [None, 0])
def test_a_grey_png_of_16_bits_keeps_its_levels_and_what_is_transparent(
    tmp_path: Path, transparent: int | None
) -> None:
    levels = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    extra = {} if transparent is None else {"transparency": transparent}
    Image.fromarray(levels).save(tmp_path / "a.png", **extra)
    (frame,) = read(tmp_path / "a.png")
    assert (frame.rgb == np.arange(256).reshape(16, 16, 1)).all()
    if transparent is None:
        assert frame.alpha is None
    else:
        assert (frame.alpha == np.where(levels == transparent, 0, 255)).all()  # type: ignore[union-attr]


@pytest.mark.parametrize("count", [1, 3])
def test_the_still_of_an_apng_that_is_no_part_of_its_animation_is_not_shown(tmp_path: Path, count: int) -> None:
    still, *moving = [Image.new("RGB", (5, 4), (level, 0, 0)) for level in (255, 10, 20, 30)]
    durations = [50, 60, 70][:count]
    still.save(tmp_path / "a.png", save_all=True, append_images=moving[:count], default_image=True, duration=durations)
    back = read(tmp_path / "a.png")
    assert [(int(f.rgb[0, 0, 0]), f.duration_ms) for f in back] == list(zip((10, 20, 30), durations, strict=False))


@pytest.mark.parametrize("kind", ["webp", "apng"])
def test_damaged_pictures_give_what_is_whole_or_a_clear_error(tmp_path: Path, kind: str) -> None:
    given = frames()
    path = write_outputs(lambda: given, 0, tmp_path, "a", [kind], Gif())[kind].path
    data = path.read_bytes()
    chance = np.random.default_rng(0)
    for share in np.linspace(0, 0.99, 60):
        broken = bytearray(data[: int(share * len(data))] if share < 0.5 else data)
        if share >= 0.5:
            for at in chance.integers(0, len(data), 5):
                broken[at] ^= 0xFF
        path.write_bytes(bytes(broken))
        try:
            assert len(read(path)) <= 2000
        except (Unreadable, TooLarge) as error:
            assert path.name in str(error)


def test_a_png_that_claims_too_much_is_refused_from_its_header(tmp_path: Path) -> None:
    head = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 6, 0, 0, 0)
    chunk = struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head))
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    with pytest.raises(TooLarge, match="60000×60000"):
        open_media(tmp_path / "a.png", Limits())
