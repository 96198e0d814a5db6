"""The reader shows what the specification says, and takes no harm from what is broken."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from gif_oracle import Gif, Image, gifs, lzw, sub_blocks
from hypothesis import HealthCheck, given, settings

from pipeline.errors import TooLarge, Unreadable
from pipeline.media import gif, open_media
from pipeline.settings import Limits

GREY = bytes(v for i in range(256) for v in (i, i, i))


def picture(indices: bytes, width: int, height: int, **given: object) -> Image:
    values: dict[str, object] = {
        "left": 0, "top": 0, "width": width, "height": height, "indices": indices, "table": b"", "interlaced": False,
        "controlled": True, "disposal": 1, "delay_cs": 5, "transparent": None, "code_size": 8, "clear_every": 0,
        "before": b"",
    }  # fmt: skip
    return Image(**{**values, **given})  # type: ignore[arg-type]


def small_gif(frames: int = 4, side: int = 16, tail: bytes = b";") -> Gif:
    noise = random.Random(1)
    images = tuple(picture(noise.randbytes(side * side), side, side) for _ in range(frames))
    return Gif(b"GIF89a", side, side, 0, GREY, 0, b"NETSCAPE2.0", images, tail)


def put(folder: Path, data: bytes) -> Path:
    path = folder / "given.gif"
    path.write_bytes(data)
    return path


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(gifs())
def test_any_mix_of_features_is_shown_as_the_specification_composes_it(
    tmp_path_factory: pytest.TempPathFactory, made: Gif
) -> None:
    clip = gif.read(put(tmp_path_factory.getbasetemp(), made.file()))
    assert clip.loop == made.loop
    assert clip.durations_ms.tolist() == [10 * i.delay_cs * i.controlled for i in made.images]
    background = tuple(made.table[3 * made.background : 3 * made.background + 3]) or (0, 0, 0)
    for shown, expected in zip(clip, made.shown(), strict=True):
        alpha = np.full(shown.rgb.shape[:2], 255) if shown.alpha is None else shown.alpha
        assert alpha.tolist() == [[255 * (p is not None) for p in row] for row in expected]
        assert shown.rgb.tolist() == [[list(p or background) for p in row] for row in expected]


def test_a_full_code_table_without_a_clear_goes_on_at_twelve_bits(tmp_path: Path) -> None:
    noise = random.Random(2).randbytes(128 * 128)
    made = Gif(b"GIF89a", 128, 128, 0, GREY, None, b"", (picture(noise, 128, 128, clear_every=-1),), b";")
    assert gif.read(put(tmp_path, made.file())).frames[0, ..., 0].tobytes() == noise


@pytest.mark.parametrize("code_size", [9, 10, 11])
def test_a_code_size_larger_than_any_picture_needs_is_read_as_browsers_read_it(tmp_path: Path, code_size: int) -> None:
    noise = random.Random(2).randbytes(128 * 128)
    made = Gif(b"GIF89a", 128, 128, 0, GREY, None, b"", (picture(noise, 128, 128, code_size=code_size),), b";")
    assert gif.read(put(tmp_path, made.file())).frames[0, ..., 0].tobytes() == noise


@pytest.mark.parametrize("size", [(0, 0), (0, 4), (4, 0)])
@pytest.mark.parametrize("data", [b"", b"\x08\x00", b"\x08\x01\x00\x00"], ids=["no data", "empty", "codes"])
def test_an_image_without_pixels_is_a_frame_that_draws_nothing(
    tmp_path: Path, size: tuple[int, int], data: bytes
) -> None:
    without_pixels = b"!\xf9\x04\x04\x07\0\0\0," + struct.pack("<HHHHB", 1, 1, *size, 0) + data
    noise = random.Random(1).randbytes(256)
    images = picture(noise, 16, 16, before=without_pixels), picture(noise[::-1], 16, 16, before=without_pixels)
    made = Gif(b"GIF89a", 16, 16, 0, GREY, None, b"", images, without_pixels + b";")
    clip = gif.read(put(tmp_path, made.file()))
    assert clip.durations_ms.tolist() == [70, 50, 70, 50, 70]
    assert clip.alpha is not None and not clip.alpha[0].any()
    assert clip.frames[1, ..., 0].tobytes() == noise
    assert [np.array_equal(clip.frames[i], clip.frames[i + 1]) for i in range(1, 4)] == [True, False, True]


def test_a_gif_without_any_pixel_is_said_to_have_none(tmp_path: Path) -> None:
    empty = b"," + struct.pack("<HHHHB", 0, 0, 0, 0, 0)
    with pytest.raises(Unreadable, match="0×0 px; it and its images have no pixels"):
        gif.read(put(tmp_path, Gif(b"GIF89a", 0, 0, 0, GREY, None, b"", (), empty + b";").file()))


def test_every_truncation_gives_the_whole_frames_before_it_or_a_clear_error(tmp_path: Path) -> None:
    made = small_gif(frames=3, side=6)
    data, whole = made.file(), gif.read(put(tmp_path, made.file()))
    for length in range(len(data)):
        path = put(tmp_path, data[:length])
        try:
            with open_media(path) as reader:
                frames = list(reader)
        except Unreadable as error:
            assert "given.gif" in str(error)
            continue
        assert reader.warnings
        for frame, expected in zip(frames, whole.frames, strict=False):
            assert (frame.rgb == expected).all()


def test_byte_flips_never_crash_the_reader(tmp_path: Path) -> None:
    chance = random.Random(3)
    data = small_gif(frames=3, side=10).file()
    for _ in range(1500):
        flipped = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            flipped[chance.randrange(len(data))] = chance.randrange(256)
        try:
            gif.read(put(tmp_path, bytes(flipped)), Limits(max_megapixels=0.01))
        except (Unreadable, TooLarge) as error:
            assert "given.gif" in str(error)


def test_a_damaged_frame_ends_the_clip_with_a_warning(tmp_path: Path) -> None:
    made = small_gif(frames=3)
    damaged = made.file().replace(sub_blocks(lzw(made.images[2].indices, 8)), sub_blocks(b"\xff" * 40))
    with open_media(put(tmp_path, damaged)) as reader:
        assert len(list(reader)) == 2
        assert "frame 2" in reader.warnings[-1]


def test_a_damaged_first_frame_is_unreadable(tmp_path: Path) -> None:
    made = small_gif(frames=1)
    damaged = made.file().replace(sub_blocks(lzw(made.images[0].indices, 8)), sub_blocks(b"\xff" * 40))
    with pytest.raises(Unreadable, match="the first frame is damaged"):
        gif.read(put(tmp_path, damaged))


def test_an_image_whose_data_end_early_is_drawn_as_far_as_they_go(tmp_path: Path) -> None:
    made = small_gif(frames=2)
    whole = sub_blocks(lzw(made.images[1].indices, 8))
    short = made.file().replace(whole, sub_blocks(lzw(made.images[1].indices[: 16 * 5], 8)))
    with open_media(put(tmp_path, short)) as reader:
        first, second = reader
        assert reader.warnings == ("frame 1 has only 5 of its 16 rows",)
    assert second.rgb[:5, :, 0].tobytes() == made.images[1].indices[: 16 * 5]
    assert (second.rgb[5:] == first.rgb[5:]).all()


def test_a_bomb_of_tiny_frames_on_a_huge_screen_is_refused_from_its_headers(tmp_path: Path) -> None:
    frame = b"!\xf9\x04\0\1\0\0\0,\0\0\0\0\1\0\1\0\0\x02\x02\x44\x01\0"
    bomb = b"GIF89a" + struct.pack("<HHBBB", 8000, 8000, 0xF0, 0, 0) + bytes(6) + 3000 * frame + b";"
    with pytest.raises(TooLarge, match="max_megapixels"):
        gif.read(put(tmp_path, bomb))
    with pytest.raises(TooLarge, match="max_total_megapixels"):
        gif.read(put(tmp_path, bomb), Limits(max_megapixels=100))


def test_a_huge_image_on_a_small_screen_is_refused(tmp_path: Path) -> None:
    made = Gif(b"GIF89a", 4, 4, 0, GREY, None, b"", (picture(b"\0", 1, 1),), b";").file()
    with pytest.raises(TooLarge, match="60000×60000"):
        gif.read(put(tmp_path, made.replace(struct.pack("<HHB", 1, 1, 0), struct.pack("<HHB", 60000, 60000, 0))))


def test_more_frames_than_the_limit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="max_frames"):
        gif.read(put(tmp_path, small_gif(frames=4).file()), Limits(max_frames=3))


def test_a_larger_file_than_the_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="max_file_mb"):
        gif.read(put(tmp_path, small_gif().file()), Limits(max_file_mb=0.0001))


def test_a_screen_of_no_size_takes_that_of_the_first_image(tmp_path: Path) -> None:
    data = bytearray(small_gif().file())
    data[6:10] = bytes(4)
    assert gif.read(put(tmp_path, bytes(data))).frames.shape == (4, 16, 16, 3)


def test_an_image_of_no_size_draws_nothing_and_still_counts(tmp_path: Path) -> None:
    nothing = picture(b"", 0, 0, before=b"")
    made = Gif(b"GIF89a", 4, 4, 0, GREY, None, b"", (picture(bytes(range(16)), 4, 4), nothing), b";")
    clip = gif.read(put(tmp_path, made.file()))
    assert (clip.frames[0] == clip.frames[1]).all()


@pytest.mark.parametrize("data", [b"", b"hello, I am text", b"GIF89a", b"GIF89a\4\0\4\0\0\0\0;", bytes(500)])
def test_what_is_no_gif_is_unreadable(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"given\.gif"):
        gif.read(put(tmp_path, data))


def test_a_missing_trailer_is_only_a_warning(tmp_path: Path) -> None:
    with open_media(put(tmp_path, small_gif(tail=b"").file())) as reader:
        assert len(list(reader)) == 4
        assert "trailer" in reader.warnings[0]


def test_the_headers_tell_frames_duration_and_loop_before_any_pixel_is_decoded(tmp_path: Path) -> None:
    with open_media(put(tmp_path, small_gif().file())) as reader:
        info = reader.info
    assert (info.format, info.width, info.height, info.frames) == ("gif", 16, 16, 4)
    assert (info.duration_ms, info.loop, info.warnings) == (200, 0, ())


def test_a_reader_can_be_gone_through_again(tmp_path: Path) -> None:
    with open_media(put(tmp_path, small_gif().file())) as reader:
        assert [f.rgb.tobytes() for f in reader] == [f.rgb.tobytes() for f in reader]
