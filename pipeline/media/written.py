"""The description of a written file."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Written:
    """One finished file. `notes` says what was given up, to reach the size asked for or to suit the format.

    `palette_psnr_db` is the PSNR of the GIF against the frames it was made from, over opaque pixels: the cost of its
    few colours. Equal pictures count as 80 dB; other formats have None. The file holds one frame in `every`, which is
    above 1 only if a GIF had to become smaller.
    """

    path: Path
    bytes: int
    frames: int
    palette_psnr_db: float | None = None
    notes: tuple[str, ...] = ()
    every: int = 1
