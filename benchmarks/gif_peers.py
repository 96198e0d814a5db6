"""Other people's GIF writers, each run in a process of its own: `python -m benchmarks.gif_peers NAME FRAMES.npy OUT`.

They are fetched into a temporary folder of the benchmark's own; the product never sees them.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks import memory

PLACE = Path(tempfile.gettempdir()) / "gifrestored-peers"
FPS = 25
PROGRAMS = memory.Programs()
GIFSKI = PLACE / "node_modules/gifski/bin/debian/gifski"
_PYTHON_PEERS = ("imageio-ffmpeg", "imagequant", "pyvips", "pyvips-binary", "cffi", "pycparser")
_DEBIAN_PEERS = {"gifsicle": "gifsicle", "identify": "imagemagick"}


def install() -> None:
    """Fetch what is missing; a peer that cannot be had is left out of the tables."""
    PLACE.mkdir(exist_ok=True)
    if not GIFSKI.exists() and shutil.which("npm"):
        _quietly("npm", "install", "--prefix", str(PLACE), "gifski")
    if not (PLACE / "python/imagequant").exists():
        pip = (sys.executable, "-m", "pip", "install", "-q", "--no-deps")
        _quietly(*pip, "--target", str(PLACE / "python"), *_PYTHON_PEERS)
    for program, package in _DEBIAN_PEERS.items():
        if not shutil.which(program) and os.geteuid() == 0:
            _quietly("apt-get", "install", "-y", "-q", package)


def _quietly(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"not to be had: {' '.join(command)}: {done.stderr.strip()[-200:]}", file=sys.stderr)


def ffmpeg() -> str:
    """The ffmpeg program that imageio-ffmpeg brings."""
    sys.path.append(str(PLACE / "python"))
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def _ours(frames: Any, out: Path) -> tuple[float, float]:
    from pipeline.clips.clip import Clip
    from pipeline.media import gif
    from pipeline.settings import Gif

    given = json.loads(os.environ.get("GIF_OPTIONS", "{}"))
    durations = np.full(len(frames), 1000 // FPS, np.int32)
    gif.write(Clip(frames[:2], None, durations[:2], 0), out, Gif(**given))  # compiles, or loads what was compiled
    runs = 1 if given else 3  # the defaults' time is a promise: the best of a few, as the machine may have other work
    return min(timed(lambda: gif.write(Clip(frames, None, durations, 0), out, Gif(**given))) for _ in range(runs))


def _pillow(frames: Any, out: Path) -> None:
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save(out, save_all=True, append_images=pictures[1:], duration=1000 // FPS, loop=0)


def _imageio(frames: Any, out: Path) -> None:
    import imageio.v3

    imageio.v3.imwrite(out, frames, duration=1000 // FPS, loop=0)


def _ffmpeg(use: str, generate: str = "") -> Callable[[Any, Path], None]:
    def write(frames: Any, out: Path) -> None:
        height, width = frames.shape[1:3]
        graph = f"split[a][b];[a]palettegen={generate}[p];[b][p]paletteuse={use}"
        command = f"{ffmpeg()} -v error -y -threads 2 -f rawvideo -pix_fmt rgb24 -s {width}x{height} -r {FPS} -i -"
        PROGRAMS.run(*command.split(), "-lavfi", graph, str(out), given=frames.tobytes())

    return write


def _gifski(quality: int) -> Callable[[Any, Path], None]:
    def write(frames: Any, out: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            names = []
            for i, frame in enumerate(frames):
                names.append(f"{folder}/{i:05}.png")
                cv2.imwrite(names[-1], frame[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 1])
            PROGRAMS.run(str(GIFSKI), "-q", "--fps", str(FPS), "-Q", str(quality), "-o", str(out), *names)

    return write


def _imagequant(frames: Any, out: Path) -> None:
    sys.path.append(str(PLACE / "python"))
    import imagequant

    quantised = [
        imagequant.quantize_pil_image(Image.fromarray(frame), dithering_level=0.0, max_colors=256) for frame in frames
    ]
    quantised[0].save(out, save_all=True, append_images=quantised[1:], duration=1000 // FPS, loop=0, disposal=0)


def _pyvips(frames: Any, out: Path) -> None:
    sys.path.append(str(PLACE / "python"))
    import pyvips

    tall = pyvips.Image.new_from_array(frames.reshape(-1, *frames.shape[2:])).copy(interpretation="srgb")
    tall.set_type(pyvips.GValue.gint_type, "page-height", frames.shape[1])
    tall.set_type(pyvips.GValue.array_int_type, "delay", [1000 // FPS] * len(frames))
    tall.gifsave(str(out), dither=0.0, effort=7)


WRITERS: dict[str, Callable[[Any, Path], tuple[float, float] | None]] = {
    "gifrestored": _ours,
    "gifski Q90": _gifski(90),
    "gifski Q100": _gifski(100),
    "Pillow": _pillow,
    "imageio": _imageio,
    "ffmpeg one palette": _ffmpeg("dither=none"),
    "ffmpeg palette per frame": _ffmpeg("dither=none:new=1", "stats_mode=single"),
    "ffmpeg per frame, sierra": _ffmpeg("dither=sierra2_4a:new=1", "stats_mode=single"),
    "ffmpeg per frame, bayer": _ffmpeg("dither=bayer:bayer_scale=4:new=1", "stats_mode=single"),
    "imagequant": _imagequant,
    "pyvips": _pyvips,
}


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of processors, those of child processes included."""

    def used() -> float:
        both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in both)

    started, used_before = time.perf_counter(), used()
    work()
    return time.perf_counter() - started, used() - used_before


def main() -> None:
    """Write, and print seconds and the largest memory in MB as JSON."""
    name, source, out = sys.argv[1:]
    cv2.setNumThreads(2)
    frames = np.load(source)
    told: list[tuple[float, float] | None] = []
    whole = timed(lambda: told.append(WRITERS[name](frames, Path(out))))
    seconds, cpu_seconds = told[0] or whole
    peak_mb = max(memory.peak_mb(), PROGRAMS.peak_mb)
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "memory_mb": peak_mb}))


if __name__ == "__main__":
    main()
