"""A file through the whole pipeline, with real codecs and the restorer that needs no weights."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from skimage import data

from pipeline import media
from pipeline.clips.clip import Clip
from pipeline.cutting.sections import sections
from pipeline.errors import NoVideoStream, TooLarge, Unreadable
from pipeline.run import restore_file
from pipeline.settings import Gif, Limits, Settings
from pipeline.settings import Video as VideoSettings

SETTINGS = Settings(restorer="classic")
BOMB = b"GIF89a" + (60000).to_bytes(2, "little") * 2 + b"\x00\x00\x00;"
PLAIN = Settings(restorer="classic", background="classic")


def moving_face(count: int, side: int = 128) -> np.ndarray:
    """The astronaut's face drifting by one pixel a frame, (count, side, side, 3)."""
    picture = np.array(Image.fromarray(data.astronaut()[0:256, 100:356]).resize((side + 32, side + 32)))
    return np.stack([picture[8 : 8 + side, t : t + side] for t in range(count)])


def gif(path: Path, frames: np.ndarray, durations_ms: list[int], loop: int | None = 0) -> Path:
    pictures = [Image.fromarray(f).quantize(128) for f in frames]
    extra = {} if loop is None else {"loop": loop}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations_ms, **extra)
    return path


def video(path: Path, frames: np.ndarray, fps: int = 25, trc: int | None = None) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        if trc:
            stream.codec_context.color_trc = trc
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def read(path: Path):
    with media.open_media(path, Limits()) as reader:
        return reader.info, list(reader)


@pytest.fixture(scope="module")
def restored(tmp_path_factory):
    """A twelve-frame GIF with uneven delays, restored."""
    folder = tmp_path_factory.mktemp("run")
    durations = [40, 70, 100, 20, 40, 40, 500, 40, 40, 60, 40, 40]
    source = gif(folder / "face.gif", moving_face(12), durations, loop=3)
    told: list[tuple[str, float]] = []
    (report,) = restore_file(source, folder / "out", SETTINGS, lambda stage, share: told.append((stage, share)))
    return durations, report, told


def test_a_gif_keeps_its_frames_delays_and_loop_and_doubles_its_size(restored):
    durations, report, _ = restored
    info, frames = read(report.outputs["gif"])
    assert [f.duration_ms for f in frames] == durations
    assert (info.width, info.height, info.loop) == (256, 256, 3)
    assert (report.frames, report.duration_ms, report.loop) == (12, sum(durations), 3)


def test_every_score_of_a_moving_clip_is_there(restored):
    _, report, _ = restored
    scores = report.scores
    assert scores.reference == "input"
    assert scores.psnr_db > 25
    assert scores.ssim is not None
    assert scores.gmsd is not None
    assert scores.tmse_input is not None
    assert scores.tmse_output is not None
    assert scores.palette_psnr_db is not None
    assert len(scores.frames) == 12


def test_the_face_is_counted_and_the_fall_back_named(restored):
    _, report, _ = restored
    assert report.faces == 1
    assert report.restorer == "classic"
    assert set(report.seconds) == {"measure", "restore", "encode", "evaluate"}


def test_the_clip_is_measured_at_its_face(restored):
    _, report, _ = restored
    assert 15 < report.measurement.eye_distance_px < 60
    assert "eye_distance_px" not in report.measurement.reasons


def test_progress_goes_through_the_stages_and_never_back(restored):
    _, _, told = restored
    assert list(dict.fromkeys(stage for stage, _ in told)) == ["measure", "restore", "encode", "evaluate"]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] <= 1


def test_the_spool_is_gone_unless_frames_are_kept(restored):
    _, report, _ = restored
    assert not list(report.outputs["gif"].parent.rglob("*.png"))


def test_kept_frames_are_one_png_for_each_frame_of_input_and_result(tmp_path):
    source = gif(tmp_path / "face.gif", moving_face(3), [40, 40, 40])
    restore_file(source, tmp_path / "out", Settings(restorer="classic", keep_frames=True))
    for side in ("input", "enhanced"):
        assert len(list((tmp_path / "out" / "face" / "frames" / side).glob("*.png"))) == 3


def test_one_frame_is_restored_and_has_no_warping_error(tmp_path):
    source = gif(tmp_path / "still.gif", moving_face(1), [0], loop=None)
    (report,) = restore_file(source, tmp_path / "out", SETTINGS)
    assert report.frames == 1
    assert report.scores.tmse_output is None
    assert report.scores.psnr_db > 20


def test_a_clip_without_a_face_is_cleaned_and_upscaled(tmp_path):
    ramp = np.tile(np.arange(64, dtype=np.uint8) * 3, (48, 1))
    frames = np.stack([np.dstack([np.roll(ramp, t, 1)] * 3) for t in range(4)])
    (report,) = restore_file(gif(tmp_path / "ramp.gif", frames, [50] * 4), tmp_path / "out", SETTINGS)
    assert report.faces == 0
    assert read(report.outputs["gif"])[0].width == 128


def test_one_pixel_is_no_error(tmp_path):
    source = gif(tmp_path / "dot.gif", np.full((2, 1, 1, 3), 90, np.uint8), [50, 60])
    Image.new("P", (1, 1)).save(source)
    (report,) = restore_file(source, tmp_path / "out", SETTINGS)
    assert report.frames == 1


def test_equal_frames_stay_equal(tmp_path):
    face = moving_face(2)
    noisy = np.clip(face + np.random.default_rng(0).normal(0, 10, face.shape), 0, 255).astype(np.uint8)
    frames = np.stack([noisy[0], noisy[0], noisy[0], noisy[1], noisy[1]])
    path = tmp_path / "twice.gif"
    media.gif.write(Clip(frames, None, np.full(5, 50, np.int32), 0), path)
    (report,) = restore_file(path, tmp_path / "out", SETTINGS)
    _, shown = read(report.outputs["gif"])
    assert np.array_equal(shown[0].rgb, shown[1].rgb)
    assert np.array_equal(shown[1].rgb, shown[2].rgb)
    assert not np.array_equal(shown[2].rgb, shown[3].rgb)


def test_a_video_is_cut_into_clips_each_with_its_source_gif_and_its_result(tmp_path):
    other = np.stack(
        [np.dstack([np.roll(np.tile(np.arange(128, dtype=np.uint8), (128, 1)), 3 * t, 1)] * 3) for t in range(12)]
    )
    source = video(tmp_path / "talk.mp4", np.concatenate([moving_face(12), other]))
    reports = restore_file(source, tmp_path / "out", SETTINGS)
    assert [r.name for r in reports] == ["talk-01", "talk-02"]
    assert [r.faces for r in reports] == [1, 0]
    for report in reports:
        assert report.categorised is not None
        assert report.scores.reference == "source"
        assert len(read(report.categorised)[1]) == len(read(report.outputs["gif"])[1]) == report.frames
    assert reports[1].start_ms == 480


@pytest.mark.parametrize(("fps", "cut"), [(60, 62), (50, 52)])
def test_clips_of_a_fast_video_begin_and_end_at_its_cuts(tmp_path, fps, cut):
    grey = np.tile(np.arange(0, 96, 2, dtype=np.uint8)[:, None], (48, 1, 3))
    scene = np.stack([np.roll(grey, t, 1) for t in range(cut + 60)])
    scene[cut:] = scene[cut:, :, ::-1]
    scene[cut:, ..., 1] += 150
    source = video(tmp_path / "fast.mp4", scene, fps)
    clips = sections(source, "fast", replace(PLAIN, video=VideoSettings(max_fps=30)))
    greens = [[bool(frame.rgb[..., 1].mean() > 120) for frame in clip.frames()] for clip in clips]
    assert greens == [[level] * clip.count for level, clip in zip((False, True), clips, strict=True)]
    assert clips[1].start_ms == pytest.approx(1000 * cut / fps, abs=34)


def test_a_video_of_a_few_milliseconds_is_a_clip_of_one_frame(tmp_path):
    source = video(tmp_path / "flash.mp4", moving_face(1, 48), fps=1000)
    (report,) = restore_file(source, tmp_path / "out", PLAIN)
    assert (report.frames, report.duration_ms) == (1, 10)


def test_a_video_is_sampled_to_gif_timing_and_size(tmp_path):
    source = video(tmp_path / "fast.mp4", moving_face(30), fps=50)
    settings = Settings(restorer="classic", video=VideoSettings(max_fps=25, max_side=64))
    (report,) = restore_file(source, tmp_path / "out", settings)
    assert (report.width, report.height) == (64, 64)
    assert report.frames == 15
    assert report.duration_ms == 600


@pytest.mark.parametrize("kind", ["gif", "webp", "apng", "mp4"])
def test_a_result_larger_than_what_is_taken_in_is_scored_all_the_same(tmp_path, kind):
    source = gif(tmp_path / "face.gif", moving_face(2, 48), [40, 40])
    limits = Limits(max_megapixels=0.003, max_frames=2, max_total_megapixels=0.006)
    (report,) = restore_file(source, tmp_path / "out", replace(PLAIN, outputs=(kind,), limits=limits))
    assert len(report.scores.frames) == 2


def test_an_undamaged_original_is_scored_against(tmp_path):
    truth = gif(tmp_path / "truth.gif", moving_face(4, 256), [40] * 4)
    source = gif(tmp_path / "face.gif", moving_face(4, 128), [40] * 4)
    (report,) = restore_file(source, tmp_path / "out", SETTINGS, reference=truth)
    assert report.scores.reference == "truth"


@pytest.mark.parametrize(("height", "width", "kind"), [(48, 96, "input"), (96, 64, "input"), (96, 95, "truth")])
def test_a_reference_of_another_shape_is_warned_of_and_not_scored_against(tmp_path, height, width, kind):
    """One that is a pixel off, as rounding makes it, has the same shape."""
    source = gif(tmp_path / "source.gif", moving_face(3, 48), [40] * 3)
    truth = gif(tmp_path / "truth.gif", [f[:height, :width] for f in moving_face(3, 96)], [40] * 3)
    (report,) = restore_file(source, tmp_path / "out", PLAIN, reference=truth)
    assert report.scores.reference == kind
    told = f"truth.gif is {width}×{height} px, another shape than the clip's 48×48: scored against the input instead"
    assert (told in report.warnings) == (kind == "input")


def test_an_original_of_another_length_is_not_scored_against_and_that_is_said(tmp_path):
    truth = gif(tmp_path / "truth.gif", moving_face(3), [40] * 3)
    source = gif(tmp_path / "face.gif", moving_face(4), [40] * 4)
    (report,) = restore_file(source, tmp_path / "out", SETTINGS, reference=truth)
    assert report.scores.reference == "input"
    assert any("truth.gif has 3 frames" in warning for warning in report.warnings)


def test_a_result_of_fewer_frames_is_scored_against_the_frames_it_shows(tmp_path):
    frames = np.stack([np.roll(f, 9 * i, 1) for i, f in enumerate(moving_face(6, 64))])
    media.gif.write(Clip(frames, None, np.full(6, 50, np.int32), 0), tmp_path / "a.gif")
    small = replace(PLAIN, gif=Gif(max_bytes=22000))
    (report,) = restore_file(tmp_path / "a.gif", tmp_path / "out", small, reference=tmp_path / "a.gif")
    assert report.warnings[-1] == "max_bytes: one frame of 2"
    assert (len(report.scores.frames), report.scores.reference) == (3, "truth")
    assert report.scores.psnr_db > 30


@pytest.mark.parametrize("content", [b"notes", b"GIF89a", b"\x89PNG\r\n\x1a\ncut", b"", BOMB])
def test_an_original_that_cannot_be_read_is_not_scored_against_and_that_is_said(tmp_path, content):
    truth = tmp_path / "truth.gif"
    truth.write_bytes(content)
    source = gif(tmp_path / "face.gif", moving_face(2, 48), [40] * 2)
    (report,) = restore_file(source, tmp_path / "out", PLAIN, reference=truth)
    assert report.scores.reference == "input"
    assert any("against the input instead" in told and "truth.gif" in told for told in report.warnings)


def test_a_given_category_overrules_the_measured_one_which_is_still_told(tmp_path):
    source = gif(tmp_path / "face.gif", moving_face(2), [40, 40])
    (report,) = restore_file(source, tmp_path / "out", SETTINGS, category="noisy")
    assert report.category == "noisy"
    assert report.measurement.category in {"blurry", "noisy", "low_res", "clean"}


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("text.gif", b"this is a shopping list, not a picture", Unreadable),
        ("empty.gif", b"", Unreadable),
        ("huge.gif", BOMB, TooLarge),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nface.mp4\n", Unreadable),
    ],
)
def test_what_can_never_work_says_so_and_leaves_nothing(tmp_path, name, content, error):
    source = tmp_path / name
    source.write_bytes(content)
    with pytest.raises(error):
        restore_file(source, tmp_path / "out", SETTINGS)
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and p != source]
    assert source.read_bytes() == content


@pytest.mark.parametrize(
    ("width", "upscale", "outputs"), [(16384, 1, ("gif",)), (8192, 4, ("gif",)), (8192, 2, ("gif", "webp"))]
)
def test_a_result_that_would_be_too_long_is_refused_at_once(tmp_path, width, upscale, outputs):
    source = gif(tmp_path / "long.gif", np.zeros((2, 4, width, 3), np.uint8), [40, 40])
    with pytest.raises(TooLarge, match="sides are at most"):
        restore_file(source, tmp_path / "out", replace(PLAIN, upscale=upscale, outputs=outputs))
    assert not (tmp_path / "out").exists()


def test_what_was_wrong_with_a_gif_is_told_with_its_clip(tmp_path):
    whole = gif(tmp_path / "whole.gif", moving_face(6, 48), [40] * 6).read_bytes()
    source = tmp_path / "cut.gif"
    source.write_bytes(whole[: len(whole) // 2])
    (report,) = restore_file(source, tmp_path / "out", PLAIN)
    assert report.frames < 6
    assert len(report.warnings) == 1
    assert f"{report.frames} whole frames lie before" in report.warnings[0]


def test_what_was_wrong_with_a_video_is_told_with_its_clip(tmp_path):
    source = video(tmp_path / "face.mkv", moving_face(10, 48), trc=16)
    with av.open(str(source)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0)]
    source.write_bytes(source.read_bytes().replace(packets[5], bytes(len(packets[5]))))
    (report,) = restore_file(source, tmp_path / "out", PLAIN)
    assert [told.partition(" ")[0] for told in report.warnings] == ["HDR", "1"]


def test_a_film_without_pictures_is_named_as_such(tmp_path):
    with av.open(str(tmp_path / "sound.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 44100
        container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    with pytest.raises(NoVideoStream):
        restore_file(tmp_path / "sound.mp4", tmp_path / "out", SETTINGS)
