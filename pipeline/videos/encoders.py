"""The video encoders: which formats they take, how they are set so that segments join and come out equal each time."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.errors import EncoderMissing
from pipeline.settings import EncoderName, WholeVideo

THREADS = 4  # what x264 writes depends on their number, so it is the same on every machine
BUILD = f"PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}"  # another one may write other bytes
os.environ.setdefault("SVT_LOG", "1")  # errors only: SVT-AV1 else prints its settings for every segment
_IN_HARDWARE = {"yuv420p": "nv12", "yuv420p10le": "p010le"}
_ALL, _PLAIN = ("420", "422", "444"), ("420",)


@dataclass(frozen=True, slots=True)
class Encoder:
    """One of FFmpeg's encoders. `options` turns a CRF and a preset (fast, medium, slow) into its own options.

    B-frames are off, since without them an MP4 holds the last frame's duration exactly, and groups of pictures are
    closed, so that segments join.
    """

    codec: str
    crf: int
    options: Callable[[int, str], dict[str, str]]
    chroma: tuple[str, ...] = _PLAIN
    bits: tuple[int, ...] = (8, 10)
    tag: str | None = None

    def pix_fmt(self, chroma: str, bits: int) -> str:
        """The format to encode pictures of this chroma and depth in: the same, or the nearest that is possible."""
        chroma = chroma if chroma in self.chroma else "420"
        ten = bits > 8 and 10 in self.bits
        return f"yuv{chroma}p10le" if ten else f"yuv{chroma}p"


def _x264(crf: int, preset: str) -> dict[str, str]:
    return {"crf": str(crf), "preset": preset, "bf": "0", "x264-params": "open-gop=0:lookahead-threads=1"}


def _x265(crf: int, preset: str) -> dict[str, str]:
    fixed = "log-level=error:bframes=0:open-gop=0:frame-threads=2:info=0"
    return {"crf": str(crf), "preset": preset, "x265-params": fixed}


def _svt_av1(crf: int, preset: str) -> dict[str, str]:
    return {"crf": str(crf), "preset": {"fast": "9", "medium": "7", "slow": "4"}[preset], "g": "250"}


def _vp9(crf: int, preset: str) -> dict[str, str]:
    speed = {"fast": "4", "medium": "2", "slow": "1"}[preset]
    return {"crf": str(crf), "b": "0", "deadline": "good", "cpu-used": speed, "row-mt": "0", "auto-alt-ref": "0"}


def _nvenc(crf: int, preset: str) -> dict[str, str]:
    level = {"fast": "p2", "medium": "p4", "slow": "p6"}[preset]
    return {"rc": "vbr", "cq": str(crf), "b": "0", "preset": level, "bf": "0"}


def _qsv(crf: int, preset: str) -> dict[str, str]:
    return {"global_quality": str(crf), "preset": preset, "bf": "0"}


ENCODERS: dict[EncoderName, Encoder] = {
    "x264": Encoder("libx264", 16, _x264, _ALL),
    "x265": Encoder("libx265", 18, _x265, _ALL, tag="hvc1"),
    "svt-av1": Encoder("libsvtav1", 22, _svt_av1),
    "vp9": Encoder("libvpx-vp9", 22, _vp9, _ALL, (8,)),
    "h264-nvenc": Encoder("h264_nvenc", 19, _nvenc, bits=(8,)),
    "hevc-nvenc": Encoder("hevc_nvenc", 21, _nvenc, tag="hvc1"),
    "h264-qsv": Encoder("h264_qsv", 19, _qsv, bits=(8,)),
    "hevc-qsv": Encoder("hevc_qsv", 21, _qsv, tag="hvc1"),
}


def losses(name: EncoderName, chroma: str, bits: int) -> tuple[str, ...]:
    """What an encoder cannot keep of pictures with this chroma and depth, for the person who asked."""
    encoder, sentences = ENCODERS[name], list[str]()
    if bits > 8 and 10 not in encoder.bits:
        sentences.append(f"{name} has 8 bits a colour, so the video's {bits} are not kept; x264 and x265 have 10")
    if chroma not in encoder.chroma:
        sentences.append(f"{name} halves the chroma's resolution (4:2:0), which the video has as {chroma}")
    return tuple(sentences)


def add_video_stream(
    container: OutputContainer, options: WholeVideo, pix_fmt: str, size: tuple[int, int], rate: Fraction, tick: Fraction
) -> VideoStream:
    """A stream that encodes pictures of `size` (width, height in px), with times in `tick` (s)."""
    encoder = ENCODERS[options.encoder]
    crf = encoder.crf if options.crf is None else options.crf
    stream = container.add_stream(encoder.codec, rate=rate, options=encoder.options(crf, options.preset))
    assert isinstance(stream, VideoStream)
    stream.width, stream.height = size
    is_hardware = encoder.codec.endswith(("_nvenc", "_qsv"))
    stream.pix_fmt = _IN_HARDWARE[pix_fmt] if is_hardware else pix_fmt
    context: VideoCodecContext = stream.codec_context
    context.time_base, context.thread_count = tick, THREADS
    if encoder.tag is not None:
        context.codec_tag = encoder.tag
    stream.time_base = tick
    return stream


def why_not(name: EncoderName) -> str | None:
    """Try an encoder on a few pictures: None where it works, else what FFmpeg says."""
    try:
        with av.open(io.BytesIO(), "w", format="matroska") as container:
            options = WholeVideo(encoder=name, preset="fast")
            pix_fmt = ENCODERS[name].pix_fmt("420", 8)
            stream = add_video_stream(container, options, pix_fmt, (256, 256), Fraction(25), Fraction(1, 25))
            for number in range(3):
                frame = VideoFrame.from_ndarray(np.full((256, 256, 3), 90, np.uint8), "rgb24").reformat(
                    format=stream.pix_fmt
                )
                frame.pts, frame.time_base = number, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (av.FFmpegError, ValueError, OSError) as error:
        return str(error)
    return None


def check_encoder(name: EncoderName) -> None:
    """Raise EncoderMissing where an encoder doesn't work on this machine."""
    reason = why_not(name)
    if reason is not None:
        working = ", ".join(other for other in ENCODERS if other != name and ENCODERS[other].codec.startswith("lib"))
        raise EncoderMissing(
            f"`video.whole.encoder`: {name} doesn't work on this machine ({reason}); use one of {working}"
        )
