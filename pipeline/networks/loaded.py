"""A restorer that is loaded and ready, with its description."""

from dataclasses import dataclass

from pipeline.networks.restorer import Restorer


@dataclass(frozen=True, slots=True)
class Loaded:
    """A restorer and its description for a clip's row.

    `restorer` restores faces; it is None if none is loaded, and a `ShotPlan` then leaves faces alone. `name` is
    `gfpgan`, `compact` or `classic`. `fallback` says why the restorer asked for is not used; else it is None.
    """

    restorer: Restorer | None
    name: str
    fallback: str | None
    engine: str
    device: str
    dtype: str

    @property
    def batch(self) -> int:
        """The number of faces in a pass at present; it is halved when memory runs out."""
        return 1 if self.restorer is None else self.restorer.batch

    @property
    def torch_device(self) -> str:
        """Where other networks run by torch: on the restorer's device, or on the processor where it uses none."""
        return self.device if self.engine in ("torch", "upstream") else "cpu"
