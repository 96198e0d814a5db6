"""The clips of the temporal benchmark: a made one that may be shown, or pairs of one's own."""

from pathlib import Path

import cv2
import numpy as np
from skimage.data import astronaut

from pipeline.arrays import UInt8

SIZE = 512


def made(count: int = 25) -> tuple[UInt8, UInt8, UInt8]:
    """Return (T, 512, 512, 3) uint8 source, restored, truth: a moving face, blurred, its detail anew in each frame."""
    rng = np.random.default_rng(0)
    face = astronaut()[0:256, 96:352]
    source, restored, truth = [], [], []
    for i in range(count):
        turn = cv2.getRotationMatrix2D((128, 128), 3 * np.sin(i / 6), 2.0)
        turn[:, 2] += (128 + 6 * np.sin(i / 5), 128 + 4 * np.cos(i / 7))
        moved = cv2.warpAffine(face, turn, (SIZE, SIZE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        sharp = np.asarray(moved, np.uint8)
        source.append(cv2.GaussianBlur(sharp, (0, 0), 4))
        restored.append(_hallucinated(sharp, rng))
        truth.append(sharp)
    return np.stack(source), np.stack(restored), np.stack(truth)


def _hallucinated(sharp: UInt8, rng: np.random.Generator) -> UInt8:
    """Shift detail by up to a pixel, differently everywhere, and let brightness waver, as a GAN does."""
    waver = [cv2.resize(rng.normal(0, s, (n, n, c)).astype(np.float32), (SIZE, SIZE)) for s, n, c in _WAVER]
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    shifted = cv2.remap(sharp, columns + waver[0][..., 0], rows + waver[0][..., 1], cv2.INTER_LANCZOS4)
    return np.asarray(np.clip(np.rint(shifted + waver[1]), 0, 255), np.uint8)


_WAVER = ((0.3, 24, 2), (1.0, 8, 3))


def pairs(folder: Path) -> tuple[UInt8, UInt8, None]:
    """Return the left and right halves of a folder's pictures, source and restored frame by frame; no truth."""
    found = sorted([*folder.glob("*.webp"), *folder.glob("*.png"), *(folder / "gfpgan-pairs").glob("*.webp")])
    if not found:
        raise SystemExit(f"{folder} holds no pictures: expected source and restored side by side, one file a frame")
    both = np.stack([cv2.cvtColor(np.asarray(cv2.imread(str(path))), cv2.COLOR_BGR2RGB) for path in found])
    half = both.shape[2] // 2
    return np.ascontiguousarray(both[:, :, :half]), np.ascontiguousarray(both[:, :, half:]), None
