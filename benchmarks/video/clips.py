"""Generated videos that trip up what counts frames instead of reading their times."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from skimage import data

BARS = np.array(
    [[180, 180, 180], [180, 180, 0], [0, 180, 180], [0, 180, 0], [180, 0, 180], [180, 0, 0], [0, 0, 180]], np.uint8
)
WIDTH, HEIGHT, BAR_HEIGHT = 224, 160, 32


def made(folder: Path, seconds: float) -> list[Path]:
    """Colour bars under a drifting face: at 30000/1001 fps, at a phone's variable rate, and starting late."""
    count, rng = int(seconds * 25), np.random.default_rng(0)
    constant = [1001 * n for n in range(int(seconds * 30000 / 1001))]
    varying = np.cumsum(rng.choice([30, 33, 34, 66, 100], count)).tolist()
    return [
        _video(folder / "ntsc.mp4", constant, Fraction(1, 30000)),
        _video(folder / "phone.mp4", varying, Fraction(1, 1000)),
        _video(folder / "late.mp4", [500 + 40 * n for n in range(count)], Fraction(1, 1000)),
    ]


def picture(number: int) -> Any:
    """(H, W, 3): a face that drifts to and fro, colour bars below."""
    left = abs((number // 2) % 120 - 60)
    rgb = np.ascontiguousarray(data.astronaut()[:HEIGHT, 80 + left : 80 + left + WIDTH])
    rgb[-BAR_HEIGHT:] = np.repeat(BARS, WIDTH // len(BARS), 0)
    return rgb


def _video(path: Path, times: Sequence[int], tick: Fraction) -> Path:
    with av.open(path, "w", options={"movie_timescale": "90000"}) as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "6", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        context = stream.codec_context
        context.time_base, context.colorspace, context.color_range = tick, 1, ColorRange.MPEG
        context.color_primaries = context.color_trc = 1
        sound = container.add_stream("aac", rate=44100, layout="stereo")
        for number, time in enumerate(times):
            rgb = VideoFrame.from_ndarray(picture(number), "rgb24")
            frame = rgb.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
            frame.pts, frame.time_base = time, tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        for start in range(0, int(float(times[-1] * tick) * 44100), 1024):
            tone = np.sin(np.arange(start, start + 1024) * 2 * np.pi * 440 / 44100).astype(np.float32)
            samples = AudioFrame.from_ndarray(np.stack([tone, tone]) / 4, "fltp", "stereo")
            samples.sample_rate, samples.pts, samples.time_base = 44100, start, Fraction(1, 44100)
            container.mux(sound.encode(samples))
        container.mux(sound.encode(None))
    return path
