"""A whole video's colours are those of its source: matrix, range, primaries, depth."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from video_sources import read, restored, video

from pipeline.settings import WholeVideo
from pipeline.videos.colour import Colours
from pipeline.videos.planning.plan import Picture

BARS = np.array(
    [
        *([235, 235, 235], [180, 180, 0], [0, 180, 180], [0, 180, 0], [180, 0, 180], [180, 0, 0], [0, 0, 180]),
        *([0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128], [30, 90, 200]),
    ],
    np.uint8,
)
WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}  # of red and blue in the luma, ITU-T H.273
NAMES = {1: "709", 6: "601", 9: "2020"}
NEARLY_LOSSLESS = WholeVideo(preset="fast", crf=1)
SIDE = 16  # px of a bar


def luma_and_chroma(rgb: Any, matrix: int, full: bool, bits: int) -> Any:
    """(3, N): what BT.601, BT.709 and BT.2020 say of gamma-corrected RGB."""
    red, blue = WEIGHTS[matrix]
    values = rgb.astype(float) / 255
    luma = values @ [red, 1 - red - blue, blue]
    blueness, redness = (values[:, 2] - luma) / (2 - 2 * blue), (values[:, 0] - luma) / (2 - 2 * red)
    unit, top = 2 ** (bits - 8), 2**bits - 1
    if full:
        return np.rint([luma * top, blueness * top + 128 * unit, redness * top + 128 * unit]).clip(0, top)
    return np.rint([(219 * luma + 16) * unit, (224 * blueness + 128) * unit, (224 * redness + 128) * unit])


def planes(frame: VideoFrame) -> list[Any]:
    kind = np.uint16 if "10" in frame.format.name else np.uint8
    raw: list[Any] = list(frame.planes)
    return [np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width].astype(int) for plane in raw]


def of_bars(matrix: int, full: bool, bits: int) -> Any:
    """What fills the frames of a source with the bars, by the formula and not by FFmpeg."""
    wanted = luma_and_chroma(BARS, matrix, full, bits)
    pix_fmt = "yuv420p" if bits == 8 else "yuv420p10le"

    def dress(number: int, frame: VideoFrame) -> VideoFrame:
        filled = VideoFrame(SIDE * len(BARS), 32, pix_fmt)
        for plane, values in zip(list[Any](filled.planes), wanted, strict=True):
            rows = np.frombuffer(plane, np.uint8 if bits == 8 else np.uint16).reshape(plane.height, -1)
            rows[:, : plane.width] = np.repeat(values, plane.width // len(BARS))
        return filled

    return dress, wanted


def source(folder: Path, matrix: int, full: bool, bits: int) -> tuple[Path, Any]:
    dress, wanted = of_bars(matrix, full, bits)

    def tag(container: Any, stream: Any) -> None:
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc = matrix, matrix, matrix if matrix != 9 else 14
        context.color_range = ColorRange.JPEG if full else ColorRange.MPEG

    pix_fmt = "yuv420p" if bits == 8 else "yuv420p10le"
    size = (SIDE * len(BARS), 32)
    return video(
        folder / "bars.mkv", [0, 40], codec="ffv1", options={}, pix_fmt=pix_fmt, size=size, prepare=tag, dress=dress
    ), wanted


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", [1, 6, 9], ids=lambda matrix: NAMES[matrix])
def test_colour_bars_come_out_within_a_level(tmp_path: Path, matrix: int, full: bool, bits: int, scale: int) -> None:
    path, wanted = source(tmp_path, matrix, full, bits)
    after = read(restored(path, tmp_path / "out", NEARLY_LOSSLESS, scale).path)
    own = planes(after.frames[0])
    middle = [plane[len(plane) // 2].reshape(len(BARS), -1)[:, plane.shape[1] // len(BARS) // 2] for plane in own]
    assert np.abs(np.array(middle) - wanted).max() <= 2 ** (bits - 8)
    # FFmpeg's own name of 8 bits of full range has a j.
    assert after.info["pix_fmt"].replace("yuvj", "yuv") == ("yuv420p" if bits == 8 else "yuv420p10le")
    assert after.info["colours"] == (matrix, 2 if full else 1, matrix, 14 if matrix == 9 else matrix)


@pytest.mark.parametrize("full", [False, True], ids=["limited", "full"])
@pytest.mark.parametrize("matrix", [1, 6, 9], ids=lambda matrix: NAMES[matrix])
def test_the_restorer_sees_the_colours_that_a_player_shows(matrix: int, full: bool) -> None:
    dress, _ = of_bars(matrix, full, 10)
    frame = dress(0, None)
    told = (matrix, full, matrix, matrix, 0, (), (1, 1), (1, 25), (25, 1), False)
    picture = Picture(frame.width, frame.height, "yuv420p10le", 10, "420", *told)
    rgb = Colours(picture, 1, "yuv420p10le").to_rgb(frame)[16, SIDE // 2 :: SIDE]
    assert np.abs(rgb.astype(int) - BARS).max() <= 1


def test_an_untold_matrix_is_told_since_a_larger_picture_would_be_taken_for_hd(tmp_path: Path) -> None:
    path = video(tmp_path / "sd.mp4", [0, 40])
    assert read(path).info["colours"][0] == 2
    assert read(restored(path, tmp_path / "out", scale=2).path).info["colours"][0] == 6


@pytest.mark.parametrize("encoder", ["x264", "x265", "svt-av1"])
def test_a_ten_bit_gradient_keeps_its_levels_where_nothing_is_restored(tmp_path: Path, encoder: Any) -> None:
    levels = np.arange(300, 556)

    def dress(number: int, frame: VideoFrame) -> VideoFrame:
        smooth = VideoFrame(256, 64, "yuv420p10le")
        luma, *chroma = list[Any](smooth.planes)
        np.frombuffer(luma, np.uint16).reshape(64, -1)[:, :256] = levels
        for plane in chroma:
            np.frombuffer(plane, np.uint16)[:] = 512
        return smooth

    path = video(
        tmp_path / "a.mkv", [0, 40], codec="ffv1", options={}, pix_fmt="yuv420p10le", size=(256, 64), dress=dress
    )
    options = WholeVideo(encoder=encoder, preset="fast", crf=1)
    after = read(restored(path, tmp_path / "out", options).path)
    shown = planes(after.frames[0])[0][32]
    assert np.abs(shown - levels).max() <= 1
    assert len(set(shown)) > 240  # an 8-bit one would have 64


@pytest.mark.parametrize(("pix_fmt", "codec"), [("yuv422p", "ffv1"), ("yuv444p", "ffv1"), ("bgr0", "ffv1")])
def test_other_samplings_keep_their_colours(tmp_path: Path, pix_fmt: str, codec: str) -> None:
    path = video(tmp_path / "a.mkv", [0, 40], codec=codec, options={}, pix_fmt=pix_fmt)
    before, after = read(path), read(restored(path, tmp_path / "out", NEARLY_LOSSLESS).path)
    expected = {"yuv422p": "yuv422p", "yuv444p": "yuv444p", "bgr0": "yuv420p"}[pix_fmt]
    assert after.info["pix_fmt"] == expected
    rgb = [
        frame.reformat(format="rgb24", src_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.JPEG).to_ndarray()
        for frame in (before.frames[0], after.frames[0])
    ]
    assert np.abs(rgb[0].astype(int) - rgb[1]).mean() < 3


def test_an_encoder_that_cannot_keep_the_depth_says_so(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mkv", [0, 40], codec="ffv1", options={}, pix_fmt="yuv444p10le")
    result = restored(path, tmp_path / "out", WholeVideo(encoder="vp9", preset="fast"))
    assert [warning for warning in result.warnings if "8 bits" in warning]
    assert not restored(path, tmp_path / "out", NEARLY_LOSSLESS).warnings
