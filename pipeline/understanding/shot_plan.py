"""What is done to one shot, and why."""

from dataclasses import dataclass

LEFT_ALONE = "none"  # the method of a step that does nothing


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a plan: the `method` by its name in the settings, or `LEFT_ALONE`; the `reason` is for people."""

    method: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """What is done to frames `start` (inclusive) to `stop` (exclusive) of a clip: to the background, and to faces.

    Where the faces are left alone, the background is the result.
    """

    start: int
    stop: int
    background: Step
    faces: Step

    @property
    def restores_faces(self) -> bool:
        """Tell whether faces are restored and pasted into the background."""
        return self.faces.method != LEFT_ALONE
