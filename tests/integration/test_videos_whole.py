"""A whole video comes out with every frame at its own time, as large as asked, shown as the source was."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from video_sources import FAST, X264, Same, moved, read, restored, scene, video

from pipeline.settings import WholeVideo

CFR = [40 * i for i in range(30)]
SHORT = replace(FAST, shortest_segment=0.3, longest_segment=0.5)  # so that a second has several segments
B_FRAMES = {**X264, "preset": "medium", "bf": "2", "g": "10"}


def grey(frame: Any) -> Any:
    return frame.to_ndarray(format="gray").astype(int)


@pytest.mark.parametrize("options", [FAST, SHORT], ids=["one segment", "many"])
@pytest.mark.parametrize(
    ("name", "times", "made"),
    [
        ("cfr.mp4", CFR, {}),
        ("ntsc.mp4", [1001 * i for i in range(30)], {"tick": Fraction(1, 30000)}),
        ("b-frames.mp4", CFR, {"options": B_FRAMES}),
        ("variable.mkv", [0, 33, 70, 71, 200, 900, 1000, 1040], {}),
        ("late.mp4", [t + 500 for t in CFR], {}),
        ("one.mp4", [0], {}),
        ("plain.avi", list(range(30)), {"tick": Fraction(1, 25), "codec": "mpeg4", "options": {}}),
        (
            "b-frames.avi",
            list(range(30)),
            {"tick": Fraction(1, 25), "codec": "mpeg4", "options": {"bf": "2", "g": "9"}},
        ),
        ("vp9.webm", CFR, {"codec": "libvpx-vp9", "options": {"cpu-used": "8"}}),
        ("open.mkv", CFR, {"codec": "libx265", "options": {"x265-params": "open-gop=1:keyint=8:log-level=none"}}),
    ],
)
def test_every_frame_keeps_its_time_to_the_tick(
    tmp_path: Path, options: WholeVideo, name: str, times: list[int], made: dict[str, Any]
) -> None:
    source = video(tmp_path / name, times, **made)
    result = restored(source, tmp_path / "out", options)
    before, after = read(source), read(result.path)
    assert len(after.times) == len(times)
    assert after.times == before.times
    assert after.stop == before.stop
    apart = [np.abs(grey(a) - grey(b)).mean() for a, b in zip(before.frames, after.frames, strict=True)]
    assert max(apart) < 3  # each is the right picture: the square moves by a pixel a frame


def test_frames_that_an_edit_list_hides_stay_hidden(tmp_path: Path) -> None:
    source = video(tmp_path / "all.mp4", CFR, options=B_FRAMES, sound=[("aac", 44100)])
    edited = moved(source, tmp_path / "edited.mp4", Fraction(7, 10))
    before = read(edited)
    assert len(before.times) < len(CFR)
    after = read(restored(edited, tmp_path / "out", SHORT).path)
    assert (after.times, after.packets) == (before.times, before.packets)


def test_frames_before_0_lead_up_to_the_first_that_has_a_time(tmp_path: Path) -> None:
    early = {"muxer": {"avoid_negative_ts": "disabled"}, "sound": [("aac", 44100)]}
    source = video(tmp_path / "early.mkv", [t - 200 for t in CFR], **early)
    result = restored(source, tmp_path / "out")
    after = read(result.path)
    assert [time - after.times[0] for time in after.times] == [Fraction(time, 1000) for time in CFR]
    sound = next(iter(after.packets.values()))[0][0]
    assert abs((sound - after.times[0]) - (Fraction(-23, 1000) - Fraction(-200, 1000))) < Fraction(1, 44100)
    assert "had no time" in result.warnings[0]


@pytest.mark.parametrize(("scale", "size"), [(1, (66, 50)), (2, (130, 98))])
def test_odd_sizes_become_even(tmp_path: Path, scale: int, size: tuple[int, int]) -> None:
    source = video(tmp_path / "odd.mkv", CFR[:4], codec="ffv1", options={}, pix_fmt="yuv420p", size=(65, 49))
    assert read(restored(source, tmp_path / "out", scale=scale).path).info["size"] == size


@pytest.mark.parametrize("degrees", [90, -90, 180])
def test_a_rotated_video_is_restored_upright_and_stays_rotated(tmp_path: Path, degrees: int) -> None:
    source = video(tmp_path / "turned.mp4", CFR[:6], prepare=lambda c, stream: stream.set_display_rotation(degrees))
    upright = list[Any]()

    class Watched(Same):
        def __call__(self, stretch: Any) -> Any:
            for picture in super().__call__(stretch):
                upright.append(picture)
                yield picture

    before, after = read(source), read(restored(source, tmp_path / "out", restore=Watched()).path)
    assert after.info["rotation"] == before.info["rotation"] != 0
    assert np.abs(np.rot90(scene(0), degrees // 90).astype(int) - upright[0]).mean() < 12
    assert np.abs(grey(before.frames[0]) - grey(after.frames[0])).mean() < 3


def test_pixels_that_are_not_square_stay_so(tmp_path: Path) -> None:
    def anamorphic(container: Any, stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)

    source = video(tmp_path / "wide.mp4", CFR[:4], prepare=anamorphic)
    assert read(restored(source, tmp_path / "out", scale=2).path).info["aspect"] == Fraction(4, 3)


@pytest.mark.parametrize("encoder", ["x264", "x265", "svt-av1", "vp9"])
def test_every_encoder_joins_its_segments(tmp_path: Path, encoder: Any) -> None:
    source = video(tmp_path / "a.mp4", CFR)
    result = restored(source, tmp_path / "out", replace(SHORT, encoder=encoder))
    assert len(result.segments) == 3
    after = read(result.path)
    assert after.times == [Fraction(time, 1000) for time in CFR]
    assert max(np.abs(grey(f) - grey(b)).mean() for f, b in zip(after.frames, read(source).frames, strict=True)) < 4


def test_a_segment_inside_a_shot_is_worked_on_with_twelve_frames_on_either_side(tmp_path: Path) -> None:
    restore = Same()
    result = restored(video(tmp_path / "a.mp4", [40 * i for i in range(60)]), tmp_path / "out", SHORT, restore=restore)
    kept = [segment.frames for segment in result.segments]
    assert sum(kept) == 60
    assert restore.seen == [kept[0] + 12, *(frames + 24 for frames in kept[1:-1]), kept[-1] + 12]


def test_a_damaged_end_is_told_and_the_rest_kept(tmp_path: Path) -> None:
    source = video(tmp_path / "a.mp4", [40 * i for i in range(60)], muxer={"movflags": "faststart"})
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    before, result = read(cut), restored(cut, tmp_path / "out", SHORT)
    assert 5 < len(before.times) < 55
    assert read(result.path).times == before.times
    assert "cut off" in result.warnings[-1]


def test_progress_tells_every_frame(tmp_path: Path) -> None:
    seen = list[Any]()
    restored(video(tmp_path / "a.mp4", CFR), tmp_path / "out", SHORT, progress=seen.append)
    restoring = [step for step in seen if step.stage == "restore"]
    assert [step.frames for step in restoring] == list(range(1, 31))
    assert {(step.of_frames, step.of_segments) for step in restoring} == {(30, 3)}
    assert seen[-1].stage == "join"


def test_nothing_but_the_result_is_there_afterwards(tmp_path: Path) -> None:
    result = restored(video(tmp_path / "a.mp4", CFR), tmp_path / "out", SHORT)
    assert list((tmp_path / "out").iterdir()) == [result.path]
    with av.open(result.path) as container:
        assert container.duration == 1_200_000
