"""What every restorer of aligned faces offers."""

from typing import Protocol

from pipeline.arrays import UInt8
from pipeline.errors import PipelineError


class Restorer(Protocol):
    """Restores aligned faces, any number at a time; `batch` of them in a pass, fewer since memory ran out."""

    batch: int

    def restore(self, faces: UInt8) -> UInt8:
        """Return (N, 512, 512, 3) uint8 RGB for the same; equal faces give equal bytes.

        Raises FaceFailed where some of the faces could not be restored, OutOfMemory where even one is too many.
        """
        ...


class FaceFailed(PipelineError):
    """Some faces of a batch could not be restored; `failed` are their indices, `restored` is right at the others."""

    def __init__(self, failed: tuple[int, ...], restored: UInt8) -> None:
        super().__init__(f"the restorer gave no valid picture for {len(failed)} of {len(restored)} faces")
        self.failed = failed
        self.restored = restored
