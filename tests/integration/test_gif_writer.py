"""What is written is what was given: frames, delays, loop, transparency; and better colours than a plain quantiser."""

import errno
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageSequence

from pipeline.clips.clip import Clip, Frame
from pipeline.errors import NoSpace
from pipeline.media import gif
from pipeline.settings import Gif

LOSSLESS = Gif(quality=100, hold=0)


def moving(frames: int = 8, height: int = 72, width: int = 96) -> Clip:
    """A smooth picture of many colours with a bright disc that moves through it."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    still = np.stack([x * 255 / width, y * 255 / height, 127 + 90 * np.sin(x / 9 + y / 13)], -1)
    stack = np.stack([still] * frames)
    for i, frame in enumerate(stack):
        disc = (x - 10 - 9 * i) ** 2 + (y - height / 2) ** 2 < 150
        frame[disc] = frame[disc] * 0.3 + [160, 120, 90]
    noise = np.random.default_rng(0).normal(0, 1.5, stack.shape)
    return Clip(np.clip(stack + noise, 0, 255).astype(np.uint8), None, np.full(frames, 40, np.int32), 0)


def psnr(a: Any, b: Any) -> float:
    return float(10 * np.log10(255**2 / np.square(a.astype(float) - b).mean()))


@st.composite
def clips(draw: st.DrawFn) -> Clip:
    count, height, width = draw(st.integers(1, 5)), draw(st.integers(1, 9)), draw(st.integers(1, 9))
    values = draw(st.sampled_from([st.integers(0, 255), st.sampled_from([0, 5, 255])]))
    frames = draw(arrays.arrays(np.uint8, (count, height, width, 3), elements=values))
    opaque = st.none() | arrays.arrays(np.uint8, (count, height, width), elements=st.sampled_from([0, 127, 128, 255]))
    alpha = draw(opaque)
    delays = draw(st.lists(st.integers(0, 65535), min_size=count, max_size=count))
    loop = draw(st.none() | st.integers(0, 65535))
    return Clip(frames, alpha, np.array(delays, np.int32) * 10, loop)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(clips(), st.sampled_from([Gif(), LOSSLESS, Gif(quality=30, hold=200, dither="blue-noise")]))
def test_frames_delays_loop_and_transparency_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, clip: Clip, options: Gif
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.gif"
    written = gif.write(clip, path, options)
    back = gif.read(path)
    assert (len(back), back.loop, written.frames) == (len(clip), clip.loop, len(clip))
    assert back.durations_ms.tolist() == clip.durations_ms.tolist()
    opaque = np.ones(clip.frames.shape[:3], bool) if clip.alpha is None else clip.alpha >= 128
    shown = np.ones_like(opaque) if back.alpha is None else back.alpha == 255
    assert (shown == opaque).all()
    if options == LOSSLESS:  # at most 81 pixels: each colour can have its own entry
        assert (back.frames[opaque] == clip.frames[opaque]).all()


@st.composite
def clips_with_repeats(draw: st.DrawFn) -> tuple[Clip, list[int]]:
    """Frames of more colours than a palette holds, some shown again; and the picture that each frame shows.

    What lies under transparent pixels is never the same twice.
    """
    order = draw(st.lists(st.integers(0, 2), min_size=2, max_size=7))
    noise = np.random.default_rng(draw(st.integers(0, 99)))
    spread = draw(st.sampled_from([4, 256]))  # neighbours in time that the hold can, and cannot, tell apart
    pictures = (noise.integers(0, 256, (1, 24, 20, 3)) + noise.integers(0, spread, (3, 24, 20, 3))).astype(np.uint8)
    frames, delays = pictures[order], np.full(len(order), 40, np.int32)
    if not draw(st.booleans()):
        return Clip(frames, None, delays, 0), order
    alpha = noise.choice(np.array([0, 127, 128, 255], np.uint8), (3, 24, 20))[order]
    hidden = noise.integers(0, 256, frames.shape).astype(np.uint8)
    return Clip(np.where(alpha[..., None] < 128, hidden, frames), alpha, delays, 0), order


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    clips_with_repeats(),
    st.sampled_from([0, 14, 200]),
    st.sampled_from([100, 95, 30]),
    st.sampled_from(["none", "blue-noise"]),
)
def test_a_frame_shown_again_is_shown_unchanged(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[Clip, list[int]], hold: int, quality: int, dither: Any
) -> None:
    clip, order = made
    path = tmp_path_factory.getbasetemp() / "again.gif"
    back = gif.read(gif.write(clip, path, Gif(quality=quality, hold=hold, dither=dither)).path)
    assert len(back) == len(clip)
    for i in range(1, len(order)):
        if order[i] == order[i - 1]:
            shown = np.ones(back.frames.shape[1:3], bool) if back.alpha is None else back.alpha[i] == 255
            assert (back.frames[i][shown] == back.frames[i - 1][shown]).all()
            assert back.alpha is None or (back.alpha[i] == back.alpha[i - 1]).all()


def test_an_independent_decoder_shows_the_same_pixels(tmp_path: Path) -> None:
    path = gif.write(moving(), tmp_path / "a.gif").path
    with Image.open(path) as image:
        pillow = np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])
    assert (pillow == gif.read(path).frames).all()


def test_delays_that_gif_cannot_hold_are_rounded_without_drift(tmp_path: Path) -> None:
    clip = Clip(np.zeros((120, 2, 2, 3), np.uint8), None, np.array([33, 34, 33] * 40, np.int32))
    back = gif.read(gif.write(clip, tmp_path / "a.gif").path).durations_ms
    assert set(back.tolist()) == {30, 40}
    assert np.abs(np.cumsum(back) - np.cumsum(clip.durations_ms)).max() <= 5


def test_a_delay_longer_than_a_gif_can_hold_is_cut_and_told(tmp_path: Path) -> None:
    written = gif.write(Clip(np.zeros((1, 1, 1, 3), np.uint8), None, np.array([700000], np.int32)), tmp_path / "a.gif")
    assert "655.35" in written.notes[0]
    assert gif.read(written.path).durations_ms.tolist() == [655350]


def test_a_clip_of_few_colours_is_lossless_whatever_the_hold_of_still_pixels(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 256, (60, 3), dtype=np.uint8)
    frames = colours[np.random.default_rng(2).integers(0, 60, (5, 40, 50))]
    clip = Clip(frames, None, np.full(5, 50, np.int32))
    written = gif.write(clip, tmp_path / "a.gif", LOSSLESS)
    assert (gif.read(written.path).frames == frames).all()
    assert written.palette_psnr_db == 80.0


def test_256_grey_levels_are_lossless(tmp_path: Path) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1), 3, -1)
    written = gif.write(Clip(ramp, None, np.zeros(1, np.int32)), tmp_path / "a.gif", LOSSLESS)
    assert (gif.read(written.path).frames == ramp).all()


def test_pillow_is_beaten_in_fidelity_and_size_at_once(tmp_path: Path) -> None:
    clip = moving()
    ours = gif.write(clip, tmp_path / "a.gif")
    pillow = io.BytesIO()
    pictures = [Image.fromarray(frame) for frame in clip.frames]
    pictures[0].save(pillow, "GIF", save_all=True, append_images=pictures[1:], duration=40, loop=0)
    with Image.open(pillow) as image:
        theirs = np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)])
    assert psnr(gif.read(ours.path).frames, clip.frames) > psnr(theirs, clip.frames) + 1
    assert ours.bytes < len(pillow.getvalue())


def test_the_palette_psnr_told_is_the_files_own(tmp_path: Path) -> None:
    clip = moving()
    written = gif.write(clip, tmp_path / "a.gif")
    assert written.palette_psnr_db == pytest.approx(psnr(gif.read(written.path).frames, clip.frames), abs=0.01)
    assert written.bytes == written.path.stat().st_size


def test_most_pixels_of_a_still_background_stay_as_they_are(tmp_path: Path) -> None:
    clip = moving()
    back = gif.read(gif.write(clip, tmp_path / "a.gif").path).frames.astype(int)
    ground = np.abs(np.diff(back[:, :10], axis=0))
    assert (ground > 0).any(-1).mean() < 0.3  # of the source's, noise changes nine in ten


def test_more_hold_and_less_quality_make_smaller_files(tmp_path: Path) -> None:
    sizes = [
        gif.write(moving(), tmp_path / "a.gif", options).bytes
        for options in (LOSSLESS, Gif(quality=100), Gif(), Gif(quality=60), Gif(quality=60, hold=100), Gif(quality=20))
    ]
    assert sizes == sorted(sizes, reverse=True)


def test_the_dither_pattern_stays_where_it_is(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 60, 96), (3, 64, 1))[..., None].repeat(3, -1).astype(np.uint8)
    back = gif.read(
        gif.write(Clip(ramp, None, np.full(3, 40, np.int32)), tmp_path / "a.gif", Gif(dither="blue-noise")).path
    )
    assert (back.frames[0] == back.frames[2]).all()
    assert (np.diff(back.frames[0, :, 50, 0].astype(int)) != 0).any()


GIVEN_UP = ["hold", "colours", "one frame of", "sides"]  # first what is least seen


@pytest.mark.parametrize(("share", "kinds"), [(0.8, 1), (0.4, 2), (0.2, 3), (0.03, 4)])
def test_max_bytes_is_reached_by_giving_up_hold_then_colours_then_frames_then_size(
    tmp_path: Path, share: float, kinds: int
) -> None:
    clip = moving()
    room = int(gif.write(clip, tmp_path / "a.gif").bytes * share)
    written = gif.write(clip, tmp_path / "b.gif", Gif(max_bytes=room))
    assert written.path.stat().st_size <= room
    assert len(written.notes) == kinds
    assert all(kind in note for kind, note in zip(GIVEN_UP, written.notes, strict=False))
    assert gif.read(written.path).durations_ms.sum() == clip.durations_ms.sum()


@pytest.mark.parametrize("delay", [0, 10])
def test_fewer_frames_are_shown_for_as_long_as_players_show_all(tmp_path: Path, delay: int) -> None:
    clip = replace(moving(), durations_ms=np.full(8, delay, np.int32))
    room = gif.write(clip, tmp_path / "a.gif").bytes // 5
    written = gif.write(clip, tmp_path / "b.gif", Gif(max_bytes=room))
    assert written.notes[-1] == "max_bytes: one frame of 2"
    assert gif.read(written.path).durations_ms.tolist() == [200] * 4


def test_a_max_bytes_out_of_reach_is_told(tmp_path: Path) -> None:
    written = gif.write(moving(), tmp_path / "a.gif", Gif(max_bytes=40))
    assert "cannot be reached" in written.notes[-1]


def test_a_smaller_picture_has_no_fringe_of_what_transparent_pixels_hide(tmp_path: Path) -> None:
    clip = moving()
    y, x = np.mgrid[:72, :96]
    disc = np.hypot(y - 36, x - 48) < 30
    frames = np.where(disc[..., None], np.maximum(clip.frames, 120), 0).astype(np.uint8)
    alpha = np.repeat(np.where(disc, 255, 0).astype(np.uint8)[None], len(clip), 0)
    written = gif.write(Clip(frames, alpha, clip.durations_ms, 0), tmp_path / "a.gif", Gif(max_bytes=1000))
    assert "sides" in written.notes[-1]
    back = gif.read(written.path)
    assert back.alpha is not None
    assert 0.2 < (back.alpha == 255).mean() < 0.6
    assert back.frames[back.alpha == 255].min() > 100


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    paths = [gif.write(moving(), tmp_path / name).path for name in ("a.gif", "b.gif")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    def frames() -> Any:
        yield Frame(np.zeros((4, 4, 3), np.uint8), None, 10)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(NoSpace, match=r"a\.gif"):
        gif.write_frames(frames, 0, tmp_path / "a.gif", Gif())
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_file_of_before(tmp_path: Path) -> None:
    path = gif.write(moving(2), tmp_path / "a.gif").path
    before = path.read_bytes()
    unequal = [Frame(np.zeros((s, 4, 3), np.uint8), None, 10) for s in (4, 5)]
    with pytest.raises(ValueError, match="among frames of"):
        gif.write_frames(lambda: unequal, 0, path, Gif())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.gif"]


def test_no_frames_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        gif.write_frames(list, 0, tmp_path / "a.gif", Gif())


def test_what_no_image_covers_is_transparent_to_other_programs_too(tmp_path: Path) -> None:
    frames, alpha = np.zeros((3, 40, 60, 3), np.uint8), np.zeros((3, 40, 60), np.uint8)
    for i in range(3):
        frames[i, 10:20, 5 + 10 * i : 20 + 10 * i], alpha[i, 10:20, 5 + 10 * i : 20 + 10 * i] = (0, 90, 200), 255
    gif.write(Clip(frames, alpha, np.full(3, 100, np.int32)), tmp_path / "a.gif")
    with Image.open(tmp_path / "a.gif") as image:
        shown = [np.asarray(frame.convert("RGBA"))[..., 3] for frame in ImageSequence.Iterator(image)]
    assert [int((a > 0).sum()) for a in shown] == [150, 150, 150]


def test_a_first_table_of_all_greys_does_not_hide_later_colours_from_pillow(tmp_path: Path) -> None:
    grey = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1), 3, 3).repeat(2, 1).repeat(2, 2)
    other = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    gif.write(Clip(np.concatenate([grey, other]), None, np.full(2, 100, np.int32)), tmp_path / "a.gif")
    read = gif.read(tmp_path / "a.gif").frames
    with Image.open(tmp_path / "a.gif") as image:
        shown = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(image)]
    assert all(np.array_equal(a, b) for a, b in zip(shown, read, strict=True))


def test_a_comment_changes_neither_frames_nor_timing_and_others_read_it(tmp_path: Path) -> None:
    given = replace(moving(3), durations_ms=np.array([30, 70, 20], np.int32), loop=4)
    text = "gifrestored " + "ü" * 200  # longer than one block holds
    gif.write(given, tmp_path / "plain.gif")
    gif.write_frames(lambda: given, given.loop, tmp_path / "told.gif", Gif(), comment=text)

    plain, told = gif.read(tmp_path / "plain.gif"), gif.read(tmp_path / "told.gif")
    assert np.array_equal(plain.frames, told.frames)
    assert list(told.durations_ms) == [30, 70, 20]
    assert told.loop == 4
    with Image.open(tmp_path / "told.gif") as image:
        assert image.info["comment"].decode() == text
        assert image.n_frames == 3
