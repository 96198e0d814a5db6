"""What a way has made of a video, told by reading both again."""

import json
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from benchmarks.video.clips import BAR_HEIGHT, BARS, HEIGHT, WIDTH

HEAD = (
    "| way | frames in | out | time error ms | sound packets equal | offset change ms | bars, levels | s | disk MB "
    "| memory MB |\n|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way's result; None where a video has no sound, or no bars."""

    way: str
    frames_in: int
    frames_out: int
    time_error_ms: float
    sound_equal: str | None
    offset_change_ms: float | None
    bars_levels: int | None
    seconds: float
    disk_mb: float
    output_mb: float
    memory_mb: int

    def row(self) -> str:
        """A line of the table under `HEAD`."""
        numbers = (self.time_error_ms, self.sound_equal, self.offset_change_ms, self.bars_levels, self.seconds)
        cells = [self.way, self.frames_in, self.frames_out, *numbers, self.disk_mb, self.memory_mb]
        return "| " + " | ".join("–" if cell is None else str(cell) for cell in cells) + " |"


def outcome(way: str, source: Path, folder: Path) -> Outcome:
    """Run one way in a process of its own, watching the disk, and compare."""
    folder.mkdir()
    disk = _DiskWatch(folder)
    command = [sys.executable, "-m", "benchmarks.video.ways", way, str(source), str(folder)]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    finally:
        peak = disk.stop()
    told = json.loads(done.stdout.splitlines()[-1])
    path = Path(told["path"])
    before, after = _read(source), _read(path)
    return Outcome(
        way=way,
        frames_in=len(before["times"]),
        frames_out=len(after["times"]),
        time_error_ms=_time_error_ms(before, after),
        sound_equal=_sound_equal(before, after),
        offset_change_ms=_offset_change_ms(before, after),
        bars_levels=_bars_error(path) if _has_bars(source) else None,
        seconds=told["seconds"],
        disk_mb=round(peak / 1e6, 2),
        output_mb=round(path.stat().st_size / 1e6, 2),
        memory_mb=told["memory_mb"],
    )


class _DiskWatch:
    """The most bytes that lay under a folder, looked at every 20 ms."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._peak, self._over = folder, 0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            total = 0
            for path in self._folder.rglob("*"):
                with suppress(OSError):  # renamed in between
                    total += path.stat().st_size
            self._peak = max(self._peak, total)

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return self._peak


def _read(path: Path) -> dict[str, Any]:
    """Times (s) of frames and sound packets, from the file's start on, with the packets' bytes."""
    with av.open(path) as container:
        pictures, times = container.streams.video[0], []
        sound: list[tuple[Any, bytes]] = []
        for packet in container.demux():
            if packet.stream.index == pictures.index:
                frames = [f for f in packet.decode() if isinstance(f, VideoFrame)]
                times += [f.pts * f.time_base for f in frames if f.pts is not None and f.time_base is not None]
            elif packet.stream.type == "audio" and packet.pts is not None:
                sound.append((packet.pts * packet.time_base, bytes(packet)))
    return {"times": times, "sound": sound}


def _time_error_ms(before: dict[str, Any], after: dict[str, Any]) -> float:
    first, begin = before["times"][0], after["times"][0]
    errors = [abs((a - first) - (b - begin)) for a, b in zip(before["times"], after["times"], strict=False)]
    return round(1000 * float(max(errors)), 3)


def _sound_equal(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    if not before["sound"]:
        return None
    pairs = zip(before["sound"], after["sound"], strict=False)
    return f"{sum(a[1] == b[1] for a, b in pairs)} of {len(before['sound'])}"


def _offset_change_ms(before: dict[str, Any], after: dict[str, Any]) -> float | None:
    if not before["sound"] or not after["sound"]:
        return None
    offsets = [seen["sound"][0][0] - seen["times"][0] for seen in (before, after)]
    return round(1000 * float(offsets[1] - offsets[0]), 3)


def _has_bars(source: Path) -> bool:
    with av.open(source) as container:
        context = container.streams.video[0].codec_context
        return (context.width, context.height) == (WIDTH, HEIGHT)


def _bars_error(path: Path) -> int:
    """The largest difference of a bar's middle, shown as a player shows it, which believes the tags."""
    with av.open(path) as container:
        frame = next(container.decode(video=0))
    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    untold = Colorspace.ITU709 if frame.height >= 720 else Colorspace.ITU601
    told = untold if frame.colorspace == 2 else None
    rgb = frame.reformat(
        format="rgb24", src_colorspace=told, dst_color_range=ColorRange.JPEG, interpolation=exact
    ).to_ndarray()
    row = rgb[rgb.shape[0] - rgb.shape[0] * BAR_HEIGHT // HEIGHT // 2]
    middles = row[row.shape[0] // len(BARS) // 2 :: row.shape[0] // len(BARS)]
    return int(np.abs(middles.astype(int) - BARS).max())
