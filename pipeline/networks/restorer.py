"""The protocol of every restorer of aligned faces."""

from typing import Protocol

from pipeline.arrays import UInt8
from pipeline.errors import PipelineError


class Restorer(Protocol):
    """Restores any number of aligned faces, `batch` of them in a pass; `batch` falls when memory runs out."""

    batch: int

    def restore(self, faces: UInt8) -> UInt8:
        """Restore faces (N, 512, 512, 3) uint8 RGB; return the same shape. Equal faces give equal bytes.

        Raises FaceFailed if some faces could not be restored, OutOfMemory if not even one fits.
        """
        ...


class FaceFailed(PipelineError):
    """Some faces of a batch could not be restored; `failed` has their indices, `restored` is valid for the others."""

    def __init__(self, failed: tuple[int, ...], restored: UInt8) -> None:
        super().__init__(f"the restorer gave no valid picture for {len(failed)} of {len(restored)} faces")
        self.failed = failed
        self.restored = restored
