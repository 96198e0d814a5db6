"""Writes MP4: H.264 by PyAV (x264, 4:2:0, BT.709), with the sound of the video that the frames came from."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from av.video.stream import VideoStream

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame, shown_ms
from pipeline.whole_files import write_whole

from ..timing import UNIT_MS
from ..written import Written
from .container import THREADS
from .sound import Sound

CRF = "16"
_BT709 = 1
_CLOCK = Fraction(1, 1000)


def write_mp4(frames: Iterable[Frame], path: Path, audio_from: Path | None = None, start_ms: int = 0) -> Written:
    """Write frames of equal size; transparent pixels become white, odd sides grow by one repeated line.

    Frames last as long as players show them. `audio_from` is the video whose sound is kept, from `start_ms` for as long
    as the frames last; frames then keep their own durations, to stay with the sound. Raises ValueError if there are no
    frames, NoSpace, and whatever `open_input` raises.
    """
    remaining_frames = iter(frames)
    first = next(remaining_frames, None)
    if first is None:
        raise ValueError("an MP4 has at least one frame")
    duration_of = shown_ms if audio_from is None else _own_ms
    with write_whole(path) as part:
        with av.open(part, "w", format="mp4", options={"movflags": "+faststart"}) as container, ExitStack() as stack:
            stream = _add_stream(container, _even(first.rgb))
            sound = Sound.of(audio_from, container, stack) if audio_from else None
            count, total_ms = _write_pictures(chain([first], remaining_frames), container, stream, duration_of)
            if sound:
                sound.copy(container, start_ms, start_ms + total_ms)
        size = part.stat().st_size
    return Written(path, size, count, notes=sound.notes if sound else ())


def _write_pictures(
    frames: Iterable[Frame], container: OutputContainer, stream: VideoStream, duration_of: Callable[[int], int]
) -> tuple[int, int]:
    """Encode the pictures; return their number and their total duration in ms."""
    durations: dict[int, int] = {}  # by start time, of the pictures that the encoder still holds

    def mux(packets: "list[Packet[VideoStream]]") -> None:
        for packet in packets:
            if packet.pts is not None:
                packet.duration = durations.pop(packet.pts)
            container.mux(packet)

    count = at = 0
    for frame in frames:
        duration = duration_of(frame.duration_ms)
        durations[at] = duration
        mux(stream.encode(_video_frame(_even(frame.on_white()), at)))
        count, at = count + 1, at + duration
    mux(stream.encode(None))
    return count, at


def _own_ms(duration_ms: int) -> int:
    return max(duration_ms, UNIT_MS)  # a frame of 0 ms would share its moment with the next


def _add_stream(container: OutputContainer, picture: UInt8) -> VideoStream:
    # Without B-frames, an MP4 holds the last picture's duration exactly.
    stream = container.add_stream("libx264", rate=25, options={"crf": CRF, "preset": "medium", "bf": "0"})
    stream.height, stream.width = picture.shape[:2]
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.time_base, context.thread_count = _CLOCK, THREADS
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = ColorRange.MPEG
    return stream


def _video_frame(picture: UInt8, at_ms: int) -> VideoFrame:
    rgb = VideoFrame.from_ndarray(picture, "rgb24")
    frame = rgb.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
    frame.pts, frame.time_base = at_ms, _CLOCK
    return frame


def _even(rgb: UInt8) -> UInt8:
    height, width = rgb.shape[:2]
    if height % 2 or width % 2:
        rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return np.ascontiguousarray(rgb)
