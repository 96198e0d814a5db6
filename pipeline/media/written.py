"""What became of an output."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Written:
    """One finished file. `notes` says what had to give: for the size asked for, or for the format.

    `palette_psnr_db` is the PSNR of what a GIF shows against the frames given, over opaque pixels: what its colours
    cost. Equal pictures count as 80 dB; None for the other formats. Of the frames given the first of every `every` are
    in the file: more than 1 where a GIF's size asked for it.
    """

    path: Path
    bytes: int
    frames: int
    palette_psnr_db: float | None = None
    notes: tuple[str, ...] = ()
    every: int = 1
