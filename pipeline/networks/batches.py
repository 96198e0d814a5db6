"""Makes a `Restorer` of a network's forward pass: bytes in and out, batches that fit the memory, bad faces reported."""

from collections.abc import Callable

import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.errors import OutOfMemory
from pipeline.networks.restorer import FaceFailed

Forward = Callable[[UInt8], Float32]


class BatchRestorer:
    """Feeds faces to `forward`, which maps (n, S, S, 3) uint8 RGB to (n, 3, S, S) float32 in about [-1, 1].

    `forward` raises MemoryError if n faces are too many; the batch then stays halved.
    """

    def __init__(self, forward: Forward, batch: int) -> None:
        self._forward = forward
        self.batch = batch

    def restore(self, faces: UInt8) -> UInt8:
        """Restore faces (N, S, S, 3) uint8 RGB; return the same shape. Raises FaceFailed, OutOfMemory."""
        restored = np.empty_like(faces)
        failed: list[int] = []
        start = 0
        while start < len(faces):
            chunk = faces[start : start + self.batch]
            pictures = self._run(chunk)
            if pictures is None:
                continue
            for i, picture in enumerate(pictures, start=start):
                if np.isfinite(picture).all():
                    restored[i] = to_bytes(picture)
                else:
                    failed.append(i)
            start += len(chunk)
        if failed:
            restored[failed] = faces[failed]
            raise FaceFailed(tuple(failed), restored)
        return restored

    def _run(self, chunk: UInt8) -> Float32 | None:
        """Return the pictures, or None after halving a batch that was too large."""
        try:
            return self._forward(chunk)
        except MemoryError as error:
            if len(chunk) == 1:
                raise OutOfMemory(
                    "there is no memory for even one face: free some, or set `device: cpu` or `restorer: classic`"
                ) from error
        self.batch = len(chunk) // 2
        return None


def to_bytes(picture: Float32) -> UInt8:
    """Convert (3, H, W) float32, clipped to [-1, 1], to (H, W, 3) uint8, rounded as upstream's `tensor2img` does."""
    scaled = (np.clip(picture, -1, 1) + 1) / 2 * 255
    return scaled.round().astype(np.uint8).transpose(1, 2, 0)
