"""GIF readers on generated files with every feature mixed: who shows what the specification says; and how fast."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import Any

import av
import cv2
import imageio.v3
import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from PIL import Image, ImageSequence

from benchmarks import gif_peers
from pipeline.media import gif

# There is one oracle, and the tests own it.
sys.path.append(str(Path(__file__).parent.parent / "tests/integration"))
from gif_oracle import Gif, gifs

AVERAGED = 5


def _ours(path: Path) -> Any:
    clip = gif.read(path)
    alpha = np.full(clip.frames.shape[:3], 255, np.uint8) if clip.alpha is None else clip.alpha
    return np.concatenate([clip.frames, alpha[..., None]], -1)


def _pillow(path: Path) -> Any:
    with Image.open(path) as image:
        return np.stack([np.asarray(frame.convert("RGBA")) for frame in ImageSequence.Iterator(image)])


def _imageio(path: Path) -> Any:
    return imageio.v3.imread(path, plugin="pillow", mode="RGBA", index=None)


def _pyav(path: Path) -> Any:
    with av.open(path, metadata_errors="replace") as container:
        return np.stack([frame.to_ndarray(format="rgba") for frame in container.decode(video=0)])


def _cv2(path: Path) -> Any:
    whole, frames = cv2.imreadmulti(str(path), flags=cv2.IMREAD_UNCHANGED)
    if not whole:
        raise ValueError("not read")
    return np.stack([cv2.cvtColor(f, cv2.COLOR_BGRA2RGBA if f.shape[-1] == 4 else cv2.COLOR_BGR2RGBA) for f in frames])


def _ffmpeg(path: Path) -> Any:
    command = [gif_peers.ffmpeg(), "-v", "error", "-i", str(path), "-fps_mode", "passthrough", "-pix_fmt", "rgba"]
    raw = subprocess.run([*command, "-f", "rawvideo", "-"], capture_output=True, check=True, timeout=20).stdout
    width, height = np.frombuffer(path.read_bytes()[6:10], np.uint16)
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 4)


def _imagemagick(path: Path) -> Any:
    command = ["/usr/bin/convert", str(path), "-coalesce", "-depth", "8", "RGBA:-"]
    raw = subprocess.run(command, capture_output=True, check=True, timeout=20).stdout
    width, height = np.frombuffer(path.read_bytes()[6:10], np.uint16)
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 4)


def _gifsicle(path: Path) -> Any:
    done = subprocess.run(["gifsicle", "-U", str(path)], capture_output=True, check=False, timeout=20)
    with tempfile.NamedTemporaryFile(suffix=".gif") as unoptimised:
        Path(unoptimised.name).write_bytes(done.stdout)
        return _ours(Path(unoptimised.name))


READERS: dict[str, Callable[[Path], Any]] = {
    "gifrestored": _ours,
    "Pillow": _pillow,
    "imageio": _imageio,
    "PyAV": _pyav,
    "cv2": _cv2,
    "ffmpeg": _ffmpeg,
    "ImageMagick": _imagemagick,
    "gifsicle": _gifsicle,
}


def agreement(count: int, defined: bool, names: Sequence[str], folder: Path) -> dict[str, int]:
    """For each reader, how many of `count` generated GIFs it showed right.

    `defined` leaves out what GIF89a does not define: images beyond the screen, disposals from 4 on, colours beyond the
    table, stray bytes.
    """
    right = dict.fromkeys(names, 0)
    path = folder / "generated.gif"
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

    @seed(1)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(gifs(defined))
    def judge(made: Gif) -> None:
        path.write_bytes(made.file())
        expected = _rgba(made)
        for name in names:
            right[name] += _agrees(READERS[name], path, expected)

    judge()
    return right


def _rgba(made: Gif) -> Any:
    shown = [[[(*p, 255) if p else (0, 0, 0, 0) for p in row] for row in frame] for frame in made.shown()]
    return np.array(shown, np.uint8)


def _agrees(read: Callable[[Path], Any], path: Path, expected: Any) -> bool:
    """Equal frames in number and in every visible pixel; what lies under transparent ones is nobody's business."""
    try:
        shown = read(path)
    except Exception:  # a reader that raises, whatever it raises, has not read the file
        return False
    if shown.shape != expected.shape:
        return False
    visible = expected[..., 3:] == 255
    return bool((shown[..., 3:] == expected[..., 3:]).all() and (shown == expected)[visible[..., 0]].all())


def seconds(paths: list[Path]) -> dict[str, float]:
    """How long each reader that is a library takes for all of `paths`, the best of a few runs."""
    best = {}
    for name in ("gifrestored", "imageio", "Pillow", "PyAV", "cv2"):
        read = _rgb[name] if name in _rgb else READERS[name]
        runs = []
        for _ in range(AVERAGED):
            started = time.perf_counter()
            for path in paths:
                read(path)
            runs.append(time.perf_counter() - started)
        best[name] = min(runs)
    return best


_rgb: dict[str, Callable[[Path], Any]] = {
    "gifrestored": gif.read,
    "imageio": lambda path: imageio.v3.imread(path, plugin="pillow", mode="RGB", index=None),
}


def ordinary(folder: Path | None, scratch: Path, frames: Any) -> list[Path]:
    """GIFs as people share them: those of `folder`, else the clip as Pillow writes it."""
    found = [] if folder is None else [p for p in sorted(folder.rglob("*")) if p.suffix.lower() == ".gif"]
    if found:
        return list(islice(found, 12))
    pictures = [Image.fromarray(frame) for frame in frames]
    held = BytesIO()
    pictures[0].save(held, "GIF", save_all=True, append_images=pictures[1:], duration=40, loop=0)
    (scratch / "ordinary.gif").write_bytes(held.getvalue())
    return [scratch / "ordinary.gif"]
