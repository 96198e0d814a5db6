"""Keeps restored frames on disk as PNG, so that encoders can read them twice and memory does not grow with the clip."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import imageio.v3 as imageio
import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame

FASTEST = 1  # zlib's level; level 3 takes half as long again and saves 2 %


class Spool:
    """A folder of lossless frames, NNNNN.png, with their durations; it can be iterated repeatedly."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.durations_ms: list[int] = []

    def add(self, frame: Frame) -> None:
        """Append one frame. Raises OSError if the disk is full."""
        pixels = frame.rgb if frame.alpha is None else np.dstack([frame.rgb, frame.alpha])
        with self._path(len(self)).open("wb") as file:
            imageio.imwrite(file, pixels, plugin="pillow", extension=".png", compress_level=FASTEST)
        self.durations_ms.append(frame.duration_ms)

    def __len__(self) -> int:
        return len(self.durations_ms)

    def __iter__(self) -> Iterator[Frame]:
        for i, duration in enumerate(self.durations_ms):
            pixels = self._read(i)
            alpha = np.ascontiguousarray(pixels[..., 3]) if pixels.shape[-1] == 4 else None
            yield Frame(np.ascontiguousarray(pixels[..., :3]), alpha, duration)

    def _read(self, index: int) -> UInt8:
        """(H, W, 3) or, with transparency, (H, W, 4) uint8. Raises OSError if somebody has changed the file."""
        path = self._path(index)
        try:
            # OpenCV, because Pillow refuses 179 megapixels and more, and a frame of 16 enlarged four times has 256
            pixels = imageio.imread(path, plugin="opencv", index=0, flags=cv2.IMREAD_UNCHANGED)
        except (OSError, ValueError) as error:
            raise OSError(f"{path} was changed while the clip was being written") from error
        return np.asarray(pixels, np.uint8)

    def _path(self, index: int) -> Path:
        return self.folder / f"{index:05d}.png"
