"""Restored frames on disk as PNG: encoders may read them more than once, and memory does not grow with the clip."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Frame


class Spool:
    """A folder of lossless frames, NNNN.png, each with its duration; iterable as often as needed."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.durations_ms: list[int] = []

    def add(self, frame: Frame) -> None:
        """Append one frame; raises OSError where the disk is full."""
        ok, png = cv2.imencode(".png", _bgr(frame), [cv2.IMWRITE_PNG_COMPRESSION, 1])
        if not ok:
            raise ValueError(f"a frame of shape {frame.rgb.shape} cannot be stored as PNG")
        self._path(len(self.durations_ms)).write_bytes(png.tobytes())
        self.durations_ms.append(frame.duration_ms)

    def __len__(self) -> int:
        return len(self.durations_ms)

    def __iter__(self) -> Iterator[Frame]:
        for i, duration in enumerate(self.durations_ms):
            stored = cv2.imdecode(np.fromfile(self._path(i), np.uint8), cv2.IMREAD_UNCHANGED)
            if stored is None:
                raise OSError(f"{self._path(i)} was changed while the clip was being written")
            alpha = np.asarray(stored[..., 3], np.uint8) if stored.shape[-1] == 4 else None
            yield Frame(np.asarray(cv2.cvtColor(stored[..., :3], cv2.COLOR_BGR2RGB), np.uint8), alpha, duration)

    def _path(self, index: int) -> Path:
        return self.folder / f"{index:05d}.png"


def _bgr(frame: Frame) -> UInt8:
    bgr = np.asarray(cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR), np.uint8)
    return bgr if frame.alpha is None else np.dstack([bgr, frame.alpha])
