"""Whatever is not picture leaves a whole video as it came in: to the byte, and to the packet's time."""

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.video.frame import VideoFrame
from PIL import Image
from video_sources import MILLISECOND, add_cover, add_subtitles, read, restored, scene, video

CFR = [40 * i for i in range(30)]
CHAPTERS = [
    {"id": n, "start": n * 500, "end": n * 500 + 500, "time_base": MILLISECOND, "metadata": {"title": f"part {n}"}}
    for n in range(2)
]


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.fromarray(scene(3)).save(file, "JPEG")
    return file.getvalue()


def offset(seen: Any, index: int) -> Fraction:
    return seen.packets[index][0][0] - seen.times[0]


@pytest.mark.parametrize("start", [0, 500], ids=["at 0", "late"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize(
    "sound",
    [
        [],
        [("aac", 44100)],
        [("libmp3lame", 44100)],
        [("libopus", 48000)],
        [("flac", 44100)],
        [("ac3", 48000)],
        [("aac", 44100), ("libopus", 48000)],
    ],
    ids=lambda sound: "+".join(name for name, _ in sound) or "none",
)
def test_sound_is_copied_to_the_packet(tmp_path: Path, sound: list[Any], suffix: str, start: int) -> None:
    source = video(tmp_path / f"a{suffix}", [t + start for t in CFR], sound=sound)
    result = restored(source, tmp_path / "out")
    before, after = read(source), read(result.path)
    assert result.path.suffix == ".mp4"
    assert len(before.packets) == len(after.packets) == len(sound)
    for index, packets in before.packets.items():
        assert [data for _, data in after.packets[index]] == [data for _, data in packets]
        apart = max(abs(a - b) for (a, _), (b, _) in zip(packets, after.packets[index], strict=True))
        # Matroska tells ms, which are no whole samples.
        assert apart <= (0 if suffix == ".mp4" else Fraction(1, 2 * 44100))
        assert abs(offset(before, index) - offset(after, index)) <= apart


def test_sound_that_mp4_cannot_hold_makes_it_a_matroska_file_and_is_told(tmp_path: Path) -> None:
    source = video(tmp_path / "a.mov", CFR, sound=[("aac", 44100), ("pcm_s16le", 44100)])
    result = restored(source, tmp_path / "out")
    before, after = read(source), read(result.path)
    assert result.path.suffix == ".mkv"
    assert ".mkv" in result.warnings[0]
    assert [t - after.times[0] for t in after.times] == before.times
    for index, packets in before.packets.items():
        assert [data for _, data in after.packets[index]] == [data for _, data in packets]
        assert abs(offset(before, index) - offset(after, index)) <= MILLISECOND


def test_frames_keep_their_times_to_the_millisecond_in_matroska(tmp_path: Path) -> None:
    times = [1001 * i for i in range(30)]
    source = video(tmp_path / "a.mov", times, tick=Fraction(1, 30000), sound=[("pcm_s16le", 48000)])
    after = read(restored(source, tmp_path / "out").path)
    assert (
        max(abs(t - Fraction(expected, 30000)) for t, expected in zip(after.times, times, strict=True)) <= MILLISECOND
    )


def test_tags_and_chapters_are_kept(tmp_path: Path) -> None:
    def dress(container: Any, stream: Any) -> None:
        container.metadata.update({"title": "Holiday", "com.apple.quicktime.make": "Someone"})
        stream.metadata["language"] = "deu"
        container.set_chapters(CHAPTERS)

    source = video(
        tmp_path / "a.mp4", CFR, prepare=dress, sound=[("aac", 44100)], muxer={"movflags": "use_metadata_tags"}
    )
    result = restored(source, tmp_path / "out")
    info = read(result.path).info
    assert info["tags"].items() >= {"title": "Holiday", "com.apple.quicktime.make": "Someone"}.items()
    told = [(c["start"] * c["time_base"], c["end"] * c["time_base"], c["metadata"]) for c in info["chapters"]]
    assert told == [(c["start"] * MILLISECOND, c["end"] * MILLISECOND, c["metadata"]) for c in CHAPTERS]
    with av.open(result.path) as container:
        assert container.streams.video[0].language == "deu"
    assert not result.warnings


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_cover_is_kept_and_never_taken_for_the_picture(tmp_path: Path, suffix: str) -> None:
    later = list[Any]()

    def prepare(container: Any, stream: Any) -> None:
        if suffix == ".mp4":
            later.append(add_cover(container, stream, jpeg()))
        else:
            container.add_attachment("cover.jpg", "image/jpeg", jpeg())

    source = video(tmp_path / f"a{suffix}", CFR, prepare=prepare, finish=lambda c: [end(c) for end in later])
    result = restored(source, tmp_path / "out")
    with av.open(result.path) as container:
        cover = next(s for s in container.streams.video if s.disposition & av.stream.Disposition.attached_pic)
        assert bytes(next(container.demux(cover))) == jpeg()
    assert read(result.path).times == read(source).times


def test_subtitles_and_fonts_are_kept(tmp_path: Path) -> None:
    later = list[Any]()

    def prepare(container: Any, stream: Any) -> None:
        container.add_attachment("font.ttf", "application/x-truetype-font", b"a font")
        later.append(add_subtitles(container, "subrip", [b"one", b"two", b"three"], 400))

    source = video(
        tmp_path / "a.mkv", CFR, prepare=prepare, finish=lambda c: [end(c) for end in later], sound=[("aac", 44100)]
    )
    result = restored(source, tmp_path / "out")
    before, after = read(source), read(result.path)
    assert result.path.suffix == ".mkv"
    assert after.packets == before.packets
    assert after.times == before.times
    with av.open(result.path) as container:
        assert container.streams.attachments[0].data == b"a font"
        assert container.streams.subtitles[0].language == "fra"


def test_a_second_picture_stream_is_left_out_and_told(tmp_path: Path) -> None:
    tracks = list[Any]()

    def prepare(container: Any, stream: Any) -> None:
        tracks.append(container.add_stream("mpeg4", rate=25))
        tracks[0].width, tracks[0].height = 64, 48

    def finish(container: Any) -> None:
        container.mux(tracks[0].encode(VideoFrame.from_ndarray(scene(0), "rgb24")))
        container.mux(tracks[0].encode(None))

    source = video(tmp_path / "a.mp4", CFR, prepare=prepare, finish=finish)
    result = restored(source, tmp_path / "out")
    assert "stream 1 (video, mpeg4) is not in the result" in result.warnings[0]
