"""A network's forward pass as a `Restorer`: bytes in and out, batches that fit the memory, no bad face in silence."""

from collections.abc import Callable

import numpy as np

from pipeline.arrays import Float32, UInt8
from pipeline.errors import OutOfMemory
from pipeline.networks.restorer import FaceFailed

Forward = Callable[[UInt8], Float32]


class BatchRestorer:
    """Feeds faces to `forward`, which takes (n, S, S, 3) uint8 RGB and gives (n, 3, S, S) float32 in about [-1, 1].

    `forward` raises MemoryError where n faces are too many; the batch is then halved for good.
    """

    def __init__(self, forward: Forward, batch: int) -> None:
        self._forward = forward
        self.batch = batch

    def restore(self, faces: UInt8) -> UInt8:
        """(N, S, S, 3) uint8 RGB to the same. Raises FaceFailed, OutOfMemory."""
        restored = np.empty_like(faces)
        failed: list[int] = []
        done = 0
        while done < len(faces):
            chunk = faces[done : done + self.batch]
            pictures = self._run(chunk)
            if pictures is None:
                continue
            for i, picture in enumerate(pictures, start=done):
                if np.isfinite(picture).all():
                    restored[i] = to_bytes(picture)
                else:
                    failed.append(i)
            done += len(chunk)
        if failed:
            restored[failed] = faces[failed]
            raise FaceFailed(tuple(failed), restored)
        return restored

    def _run(self, chunk: UInt8) -> Float32 | None:
        """The pictures, or None where the batch was too large and has been halved."""
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
    """(3, H, W) float32, clipped to [-1, 1], to (H, W, 3) uint8, rounded as upstream's `tensor2img` does."""
    scaled = (np.clip(picture, -1, 1) + 1) / 2 * 255
    return scaled.round().astype(np.uint8).transpose(1, 2, 0)
