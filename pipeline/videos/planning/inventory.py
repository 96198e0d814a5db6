"""What a video holds, by its headers and its first picture, and what is refused because it could not be kept right."""

from fractions import Fraction
from typing import Any, NoReturn

import numpy as np
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from pipeline.errors import Unsupported
from pipeline.media.limits import check_picture
from pipeline.media.video.container import video_stream
from pipeline.settings import Limits

from .container import container_for, holds
from .plan import Container, Picture, StreamPlan

_HDR = {16: "PQ", 18: "HLG"}
_DOLBY_VISION = ("dvh1", "dvhe", "dvav", "dva1", "dav1")
_TO_SDR = (
    "convert it to SDR first, for example with HandBrake or `ffmpeg -vf zscale=t=linear,tonemap=hable,zscale=t=bt709`"
)
_MATRICES = {0, 1, 2, 4, 5, 6, 7, 9}  # those that swscale converts; the rest are no plain matrices
_CHROMA = {(1, 1): "420", (1, 0): "422", (0, 0): "444"}


def pictures_of(container: InputContainer, name: str, limits: Limits) -> VideoStream:
    """The stream to restore. Raises NoVideoStream, TooLarge, and Unsupported for a codec without a decoder."""
    unknown = [s for s in container.streams if s.type == "video" and s.codec_context is None]
    if unknown:
        what = "its video is in a codec that this FFmpeg cannot decode; convert it to H.264 first"
        raise Unsupported(f"{name}: {what} (`ffmpeg -i {name} -c:v libx264 -crf 14 -c:a copy NEW.mkv`)")
    stream = video_stream(container, name, limits)
    check_picture(name, stream.codec_context.width, stream.codec_context.height, limits)
    if stream.codec_context.codec_tag in _DOLBY_VISION:
        raise Unsupported(f"{name} is Dolby Vision, whose colours would be lost; {_TO_SDR}")
    return stream


def picture_of(stream: VideoStream, first: VideoFrame, name: str, deinterlace: bool) -> Picture:
    """How the pictures are coded. Raises Unsupported for HDR and for colours that cannot be converted back."""
    context = stream.codec_context
    transfer = _told(int(first.color_trc), int(context.color_trc))
    if transfer in _HDR:
        raise Unsupported(f"{name} is HDR ({_HDR[transfer]}), whose colours would be lost; {_TO_SDR}")
    matrix = _told(int(first.colorspace), int(context.colorspace))
    if matrix not in _MATRICES:
        raise Unsupported(
            f"{name} has colours of an unusual kind (matrix {matrix} of H.273); convert it to BT.709 first"
        )
    shape, base = first.format, stream.time_base
    assert base is not None
    aspect, rate = stream.sample_aspect_ratio or Fraction(1), stream.average_rate or stream.guessed_rate or Fraction(25)
    matrix_bytes: Any = first.side_data.get("DISPLAYMATRIX")
    return Picture(
        width=first.width,
        height=first.height,
        pix_fmt=shape.name,
        bits=max(part.bits for part in shape.components),
        chroma=_chroma(first),
        matrix=matrix,
        full_range=first.color_range == ColorRange.JPEG or shape.name.startswith("yuvj") or shape.is_rgb,
        primaries=_told(int(first.color_primaries), int(context.color_primaries)),
        transfer=transfer,
        turns=round(first.rotation / 90) % 4,
        display_matrix=() if matrix_bytes is None else tuple(np.frombuffer(bytes(matrix_bytes), np.int32).tolist()),
        aspect=(aspect.numerator, aspect.denominator),
        time_base=(base.numerator, base.denominator),
        rate=(rate.numerator, rate.denominator),
        deinterlace=deinterlace,
    )


def check_frame(frame: VideoFrame, first: Picture, name: str, at_s: float) -> None:
    """Raise Unsupported where a frame is unlike the first: of another size, interlaced, or suddenly HDR."""
    if (frame.width, frame.height) != (first.width, first.height):
        _refuse(
            f"{name} changes from {first.width}×{first.height} to {frame.width}×{frame.height} px at {at_s:.2f} s; "
            "cut it there and drop the parts"
        )
    if frame.interlaced_frame and not first.deinterlace:
        remedy = "set `video.whole.deinterlace: true`, or convert it with `ffmpeg -vf bwdif`"
        _refuse(f"{name} is interlaced at {at_s:.2f} s; {remedy}")
    if int(frame.color_trc) in _HDR:
        _refuse(f"{name} turns into HDR at {at_s:.2f} s, whose colours would be lost; {_TO_SDR}")


def streams_of(container: InputContainer, restored: VideoStream) -> tuple[Container, tuple[StreamPlan, ...]]:
    """What becomes of each stream, and the container that holds most of them."""
    kind = container_for(container)
    return kind, tuple(_plan(stream, restored, kind) for stream in container.streams)


def _plan(stream: Stream, restored: VideoStream, kind: Container) -> StreamPlan:
    codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
    common = (stream.index, stream.type, codec)
    if stream.index == restored.index:
        return StreamPlan(*common, "restored", stream.language)
    if stream.type == "video" and not stream.disposition & Disposition.attached_pic:
        return StreamPlan(*common, "dropped", stream.language, "only the first video stream is restored")
    if not holds(kind, stream):
        return StreamPlan(*common, "dropped", stream.language, f"{kind} cannot hold it")
    return StreamPlan(*common, "copied", stream.language)


def _told(of_frame: int, of_stream: int) -> int:
    return of_stream if of_frame == 2 else of_frame


def _chroma(frame: VideoFrame) -> str:
    if frame.format.is_rgb:
        return "rgb"
    if len(frame.format.components) < 3:
        return "420"
    parts = frame.format.components
    width, height = parts[1].width, parts[1].height
    return _CHROMA.get((int(width < frame.width), int(height < frame.height)), "444")


def _refuse(what: str) -> NoReturn:
    raise Unsupported(what)
