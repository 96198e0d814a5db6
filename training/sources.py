"""Fetches the pictures that `compact` is trained on: Debian's wallpaper packages and scikit-image's samples.

`README.md` beside this file names each package's licence. Pictures of faces are left out, for the evaluation.
"""

import subprocess
from pathlib import Path

import cv2
import numpy as np

from pipeline.arrays import UInt8

PACKAGES = (
    "gnome-backgrounds",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "mate-backgrounds",
    "palapeli-data",
    "plasma-workspace-wallpapers",
    "tuxpaint-stamps-default",
    "ukui-wallpapers",
)
STAMPS = "tuxpaint"  # cut-outs on black and cartoons: one in four of them is enough
SAMPLES = ("brick", "chelsea", "coins", "grass", "gravel", "hubble_deep_field", "ihc", "motorcycle_left", "rocket")
HELD_OUT = ("astronaut", "coffee", "camera")  # never trained on
LEAST_SIDE = 500  # px
LONGEST_SIDE = 2200  # px; larger ones are shrunk, which also removes their JPEG blocks
LEAST_BYTES = 60_000  # smaller files are previews and flat colours
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


def fetch(cache: Path) -> None:
    """Download and unpack the packages under `cache`, once. Raises CalledProcessError if apt-get fails."""
    cache.mkdir(parents=True, exist_ok=True)
    for package in PACKAGES:
        if (cache / package).is_dir():
            continue
        subprocess.run(["apt-get", "download", package], cwd=cache, check=True)
        archive = next(cache.glob(f"{package}_*.deb"))
        subprocess.run(["dpkg", "-x", str(archive), str(cache / package)], check=True)


def pictures(cache: Path) -> list[Path]:
    """Return the files to train on, stamps last; variants of a picture in other sizes or colours are included."""
    files = [path for package in PACKAGES for path in (cache / package).rglob("*") if _usable(path)]
    stamps = sorted(path for path in files if STAMPS in path.parts)
    return sorted(set(files) - set(stamps)) + stamps[::4] + _samples()


def load(path: Path) -> UInt8 | None:
    """Return a picture as (H, W, 3) uint8 sRGB of at most LONGEST_SIDE, or None where it is too small or too flat."""
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None or min(bgr.shape[:2]) < LEAST_SIDE // 2:
        return None
    shrink = LONGEST_SIDE / max(bgr.shape[:2])
    if shrink < 1:
        bgr = cv2.resize(bgr, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
    return None if _flat(rgb) else rgb


def _usable(path: Path) -> bool:
    has_picture_name = path.suffix.lower() in _SUFFIXES and "screenshot" not in path.name
    return has_picture_name and path.is_file() and not path.is_symlink() and path.stat().st_size > LEAST_BYTES


def _samples() -> list[Path]:
    import skimage.data

    folder = Path(skimage.data.__file__).parent
    return sorted(path for path in folder.iterdir() if path.stem in SAMPLES)


def _flat(rgb: UInt8) -> bool:
    """Whether a picture has so little detail that it teaches nothing."""
    return float(np.abs(cv2.Laplacian(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), cv2.CV_32F)).mean()) < 0.8
