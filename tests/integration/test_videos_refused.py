"""What could not be kept right is refused before any work, with what to do; nothing is left behind by it."""

import io
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from video_sources import FAST, X264, pictures_only, read, restored, scene, video

from pipeline.errors import EncoderMissing, NoVideoStream, TooLarge, Unreadable, Unsupported
from pipeline.settings import Limits, Settings, WholeVideo
from pipeline.videos import encoders
from pipeline.videos.whole import restore_video

CFR = [40 * i for i in range(30)]
INTERLACED = {**X264, "x264-params": "tff=1"}


def refused(path: Path, folder: Path, error: type[Exception], match: str, options: WholeVideo = FAST) -> None:
    with pytest.raises(error, match=match):
        restored(path, folder / "out", options)
    assert not [found for found in (folder / "out").iterdir() if not found.name.startswith(".")]


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused_with_a_remedy(tmp_path: Path, transfer: int, name: str) -> None:
    def tag(container: Any, stream: Any) -> None:
        stream.codec_context.color_trc = transfer

    path = video(tmp_path / "a.mkv", CFR[:4], codec="ffv1", options={}, pix_fmt="yuv420p10le", prepare=tag)
    refused(path, tmp_path, Unsupported, rf"HDR \({name}\).*convert it to SDR")


def test_interlaced_is_refused_unless_it_shall_be_deinterlaced(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", CFR, options=INTERLACED)
    refused(path, tmp_path, Unsupported, "interlaced.*deinterlace: true")


def test_an_interlaced_video_is_deinterlaced_on_request_frame_by_frame(tmp_path: Path) -> None:
    def comb(number: int) -> Any:
        """A bar that moves by 4 px a frame, half of it from field to field."""
        rgb, left = np.full((48, 160, 3), 40, np.uint8), 4 * number
        rgb[::2, left : left + 16], rgb[1::2, left + 2 : left + 18] = 220, 220
        return rgb

    path = video(tmp_path / "a.mp4", CFR, options=INTERLACED, pictures=comb, size=(160, 48))
    options = replace(FAST, deinterlace=True, shortest_segment=0.3, longest_segment=0.5)
    before, after = read(path), read(restored(path, tmp_path / "out", options).path)
    assert after.times == before.times
    combed = [
        np.abs(np.diff(seen.frames[10].to_ndarray(format="gray").astype(int), axis=0)).mean()
        for seen in (before, after)
    ]
    assert combed[1] < combed[0] / 3
    assert not any(frame.interlaced_frame for frame in after.frames)


def test_a_change_of_size_is_refused_with_its_place(tmp_path: Path) -> None:
    jpegs = []
    for number in range(10):
        file = io.BytesIO()
        Image.fromarray(scene(number, *((64, 48) if number < 6 else (96, 64)))).save(file, "JPEG")
        jpegs.append(file.getvalue())
    refused(
        pictures_only(tmp_path / "a.mkv", jpegs), tmp_path, Unsupported, "64×48 to 96×64 px at 0.24 s; cut it there"
    )


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(path, "w") as container:
        stream = container.add_stream("aac", rate=44100)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        sound.sample_rate = 44100
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    refused(path, tmp_path, NoVideoStream, "holds audio")


def test_a_codec_without_a_decoder_is_refused(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mkv", CFR[:4], codec="mpeg4", options={})
    # As many bytes as the name had, so that the file stays whole.
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4/ISO/ASP", b"V_XXXX4/ISO/ASP"))
    refused(path, tmp_path, Unsupported, "codec that this FFmpeg cannot decode; convert it")


def test_what_is_cut_off_before_the_first_picture_is_refused(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", CFR, muxer={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:1500])
    refused(path, tmp_path, Unreadable, "a.mp4")


def test_a_gif_is_no_video(tmp_path: Path) -> None:
    Image.fromarray(scene(0)).save(tmp_path / "a.gif")
    refused(tmp_path / "a.gif", tmp_path, Unreadable, "gif, not a video")


def test_a_picture_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mp4", CFR[:2])
    settings = Settings(restorer="classic", limits=Limits(max_megapixels=0.001))
    with pytest.raises(TooLarge, match="max_megapixels"):
        restore_video(path, tmp_path, settings, FAST, lambda stretch: iter(()))  # type: ignore[arg-type]


def test_an_encoder_that_does_not_work_here_is_refused_with_those_that_do(tmp_path: Path, monkeypatch: Any) -> None:
    broken = replace(
        encoders.ENCODERS["h264-nvenc"], codec="libx264", options=lambda crf, preset: {"preset": "no such"}
    )
    monkeypatch.setitem(encoders.ENCODERS, "h264-nvenc", broken)
    path = video(tmp_path / "a.mp4", CFR[:2])
    refused(path, tmp_path, EncoderMissing, "use one of x264, x265", replace(FAST, encoder="h264-nvenc"))


def test_a_plan_goes_through_json(tmp_path: Path) -> None:
    plan = restored(video(tmp_path / "a.mp4", CFR, tick=Fraction(1, 25)), tmp_path / "out").plan
    assert type(plan).from_json(plan.to_json()) == plan
