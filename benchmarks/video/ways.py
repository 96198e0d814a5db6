"""The ways from a video to one twice as wide and high: `python -m benchmarks.video.ways WAY SOURCE FOLDER`.

Prints the result's path, the seconds and the most memory the process held, as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame

from benchmarks.memory import peak_mb
from pipeline.settings import Settings, WholeVideo
from pipeline.videos.restorers import SettingsRestorer
from pipeline.videos.whole import restore_video

X264 = {"crf": "16", "preset": "medium", "bf": "0"}
_SCALE = 2


def ours(source: Path, into: Path) -> Path:
    """Plan, segments, join."""
    settings = Settings(restorer="classic", background="classic", upscale=2)
    return restore_video(source, into, settings, WholeVideo(), SettingsRestorer(settings)).path


def floor(source: Path, into: Path) -> Path:
    """Decode, scale, encode; the sound is copied."""
    path = into / f"{source.stem}.mp4"
    with av.open(source) as original, av.open(path, "w") as container:
        pictures = original.streams.video[0]
        stream = _stream(container, pictures, pictures.average_rate or Fraction(25))
        context, told = stream.codec_context, pictures.codec_context
        context.time_base = pictures.time_base or Fraction(1, 1000)
        context.colorspace, context.color_range = told.colorspace, told.color_range
        context.color_primaries, context.color_trc = told.color_primaries, told.color_trc
        sounds = {s.index: container.add_stream_from_template(s) for s in original.streams.audio}
        for packet in original.demux():
            if packet.stream.index == pictures.index:
                for frame in packet.decode():
                    assert isinstance(frame, VideoFrame)
                    large = frame.reformat(stream.width, stream.height, "yuv420p", interpolation="LANCZOS")
                    container.mux(stream.encode(large))
            elif packet.dts is not None and packet.stream.index in sounds:
                packet.stream = sounds[packet.stream.index]
                container.mux(packet)
        container.mux(stream.encode(None))
    return path


def loop(source: Path, into: Path) -> Path:
    """Frames to PNG at a constant rate, enlarged one by one, and back; the sound is coded anew."""
    path = into / f"{source.stem}.mp4"
    with av.open(source) as original:
        pictures = original.streams.video[0]
        rate = pictures.guessed_rate or Fraction(25)
        count = _to_png(original, pictures, rate, into)
        with av.open(path, "w") as container:
            stream = _stream(container, pictures, rate)
            sounds = [container.add_stream("aac", rate=sound.rate) for sound in original.streams.audio[:1]]
            for number in range(count):
                bgr = np.asarray(cv2.imread(str(into / f"{number:06d}.png")), np.uint8)
                large = cv2.resize(bgr, None, fx=_SCALE, fy=_SCALE, interpolation=cv2.INTER_LANCZOS4)
                container.mux(stream.encode(VideoFrame.from_ndarray(np.asarray(large, np.uint8), "bgr24")))
            container.mux(stream.encode(None))
            for sound in sounds:
                _sound_anew(source, container, sound)
    return path


def _to_png(original: Any, pictures: Any, rate: Fraction, into: Path) -> int:
    """As `ffmpeg -i SOURCE %06d.png` does: frames are repeated or dropped to keep the rate."""
    count = 0
    for frame in original.decode(pictures):
        due = round((frame.pts - (pictures.start_time or 0)) * frame.time_base * rate) + 1
        bgr = frame.to_ndarray(format="bgr24")
        while count < due:
            cv2.imwrite(str(into / f"{count:06d}.png"), bgr)
            count += 1
    return count


def _sound_anew(source: Path, container: Any, stream: Any) -> None:
    with av.open(source) as original:
        resampler = AudioResampler("fltp", "stereo", stream.rate)
        at = 0
        for frame in original.decode(audio=0):
            for resampled in resampler.resample(frame):
                resampled.pts, resampled.time_base = at, Fraction(1, stream.rate)
                at += resampled.samples
                container.mux(stream.encode(resampled))
        container.mux(stream.encode(None))


def _stream(container: Any, pictures: Any, rate: Fraction) -> Any:
    stream = container.add_stream("libx264", rate=rate, options=X264)
    stream.width, stream.height = pictures.width * _SCALE, pictures.height * _SCALE
    stream.pix_fmt = "yuv420p"
    return stream


WAYS: dict[str, Callable[[Path, Path], Path]] = {"ours": ours, "floor": floor, "loop": loop}


def main() -> None:
    cv2.setNumThreads(2)
    begin = time.perf_counter()
    path = WAYS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    seconds = time.perf_counter() - begin
    print(json.dumps({"path": str(path), "seconds": round(seconds, 2), "memory_mb": peak_mb()}))


if __name__ == "__main__":
    main()
