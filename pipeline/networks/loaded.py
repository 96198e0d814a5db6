"""A restorer that is ready."""

from dataclasses import dataclass

from pipeline.networks.restorer import Restorer


@dataclass(frozen=True, slots=True)
class Loaded:
    """A restorer and what goes into a clip's row about it.

    `restorer` restores faces and is None where nothing that does is loaded: a `ShotPlan` then leaves faces alone.
    `name` is `gfpgan`, `compact` or `classic`. `fallback` says why the restorer asked for is not used, else None.
    """

    restorer: Restorer | None
    name: str
    fallback: str | None
    engine: str
    device: str
    dtype: str

    @property
    def batch(self) -> int:
        """Faces in a pass, as it is now: it is halved where memory runs out."""
        return 1 if self.restorer is None else self.restorer.batch

    @property
    def torch_device(self) -> str:
        """Where other networks run by torch: on the restorer's device, or on the processor where it uses none."""
        return self.device if self.engine in ("torch", "upstream") else "cpu"
